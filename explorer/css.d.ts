/** The bundler collects them in explorer.css. */
declare module "*.css";
