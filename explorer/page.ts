/** The explorer's entry: its styles and its first rendering. */
import "uplot/dist/uPlot.min.css";
import "./design/index.css";
import "./app/app.css";
import "./pages/query/query.css";
import "./pages/start/start.css";
import "./pages/status/status.css";
import "./pages/rules/rules.css";
import "./pages/cost/cost.css";
import "./pages/metrics/metrics.css";
import { start } from "./app/root.tsx";

start(document.body);
