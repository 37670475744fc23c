import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** As Grafana names them: `s`, `percentunit` (0–1), `ops` (per second), `short`, `bytes`, `Bps`. */
type Unit = 's' | 'percentunit' | 'ops' | 'short' | 'bytes' | 'Bps';

/** Legends and their PromQL; a legend may be `{{label}}`. */
type Queries = Readonly<Record<string, string>>;

type PanelOptions = {
  readonly unit?: Unit;
  /** Above it is bad: drawn as a line, coloured in a figure. */
  readonly limit?: number;
  /** What to look for. */
  readonly about?: string;
};

/** Panels under a heading. */
export type Row = { readonly title: string; readonly panels: readonly Builder<Panel>[] };

const SOURCE = { type: 'prometheus', uid: '$datasource' };
/** Of Grafana's 24 columns. */
const GRAPH_COLUMNS = 8;
const FIGURE_COLUMNS = 4;
const TAG = 'hermod';

/** Lines over time. */
export function graph(
  title: string,
  queries: Queries,
  { unit = 'short', limit, about }: PanelOptions = {},
): Builder<Panel> {
  const panel = new TimeseriesBuilder()
    .title(title)
    .datasource(SOURCE)
    .unit(unit)
    .span(GRAPH_COLUMNS)
    .height(8)
    .axisSoftMin(0)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .legend(new VizLegendOptionsBuilder().showLegend(true))
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    );
  if (about !== undefined) panel.description(about);
  if (limit !== undefined) {
    panel
      .thresholds(redAbove(limit))
      .thresholdsStyle(
        new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed),
      );
  }
  return withTargets(panel, queries);
}

/** The latest value, large. */
export function figure(
  title: string,
  query: string,
  { unit = 'short', limit, about }: PanelOptions = {},
): Builder<Panel> {
  const panel = new StatBuilder()
    .title(title)
    .datasource(SOURCE)
    .unit(unit)
    .span(FIGURE_COLUMNS)
    .height(4)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  if (about !== undefined) panel.description(about);
  if (limit !== undefined) panel.thresholds(redAbove(limit));
  return withTargets(panel, { [title]: query });
}

/** @param name of the file, and behind `hermod-` the address in Grafana */
export function board(name: string, title: string, rows: readonly Row[]): Dashboard {
  const dashboard = new DashboardBuilder(`Hermod: ${title}`)
    .uid(`hermod-${name}`)
    .tags([TAG])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Hermod')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type(SOURCE.type))
    .withVariable(
      new QueryVariableBuilder('job')
        .label('Hermod')
        .datasource(SOURCE)
        .query({ query: 'label_values(up{job=~"hermod.*"}, job)', refId: 'job' })
        .refresh(VariableRefresh.OnTimeRangeChanged),
    );
  for (const { title: heading, panels } of rows) {
    dashboard.withRow(new RowBuilder(heading));
    for (const panel of panels) dashboard.withPanel(panel);
  }
  const built = dashboard.build();
  // The place of a panel is its number: links to one keep while it stays where it is.
  for (const [i, panel] of (built.panels ?? []).entries()) panel.id = i + 1;
  return built;
}

function withTargets<T extends TimeseriesBuilder | StatBuilder>(panel: T, queries: Queries): T {
  for (const [i, [legend, expression]] of Object.entries(queries).entries()) {
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + i))
        .expr(expression)
        .legendFormat(legend)
        .range(),
    );
  }
  return panel;
}

function redAbove(limit: number): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'green' },
    { value: limit, color: 'red' },
  ]);
}
