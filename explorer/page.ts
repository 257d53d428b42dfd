/** The explorer's entry: its styles and its first rendering. */
import "uplot/dist/uPlot.min.css";
import "./design/index.css";
import "./app/app.css";
import "./pages/query/query.css";
import { start } from "./app/root.tsx";

start(document.body);
