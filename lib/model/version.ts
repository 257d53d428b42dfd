/** The version of package.json, which a test holds this to: the library reads no files. */
export const HEARTH_VERSION = "0.2.0";
