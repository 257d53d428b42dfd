/** The bundler collects them in page.css. */
declare module "*.css";
