/** The style sheet of reports: two columns that become one on a phone, light or dark as the reader has it, and print. */

import { chartStyle } from './charts/chart.ts';
import { colourVariables, type Theme } from './charts/colours.ts';

const variables = (theme: Theme) =>
  Object.entries(colourVariables(theme))
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');

export const pageStyle = `
:root{color-scheme:light;${variables('light')}}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;${variables('dark')}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:40px 24px 56px;max-width:1080px;background:var(--ground);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:30px;line-height:1.2;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:18px;margin:44px 0 14px;padding-top:14px;border-top:1px solid var(--rule)}
p{margin:6px 0 16px;max-width:90ch}
.kicker,.note,figcaption,caption,dt,th[scope=col],footer{color:var(--muted)}
.kicker{margin:0 0 2px;font-size:13px}
header{display:flex;flex-wrap:wrap;gap:20px 48px;align-items:flex-end;justify-content:space-between}
.headline{margin:0;text-align:right}
.headline b{display:block;font-size:46px;line-height:1;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.headline span{color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px;margin:26px 0 12px}
.tiles div{background:var(--panel);border-radius:8px;padding:12px 14px}
.tiles dt{font-size:13px}
.tiles dd{white-space:nowrap;margin:0;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
.digest{font-size:13px;overflow-wrap:anywhere;max-width:none}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.92em}
pre{background:var(--panel);border-radius:8px;padding:14px;overflow-x:auto;margin:10px 0}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:28px 36px;align-items:start}
.columns>*{min-width:0}
.columns>div>*+*{margin-top:26px}
figure{margin:0;break-inside:avoid}
figure.wide{margin-bottom:26px}
figcaption,caption{font-size:14px;font-weight:600;text-align:left;padding:0 0 8px}
.chart{display:block;width:100%;height:auto;max-width:640px}
.wide .chart{min-width:640px;max-width:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:5px 0 5px 16px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;font-weight:400}
th:first-child{text-align:left;padding-left:0}
.text{text-align:left}
th[scope=col]{font-size:13px}
tr.strong th,tr.strong td{font-weight:650}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:0 36px;margin:0}
.facts div{display:flex;gap:16px;justify-content:space-between;border-bottom:1px solid var(--rule);padding:5px 0}
.facts dd{margin:0;text-align:right;overflow-wrap:anywhere;min-width:0}
.facts dt{flex:none}
details{margin:14px 0}
summary{cursor:pointer;font-weight:600}
footer{margin-top:44px;padding-top:14px;border-top:1px solid var(--rule);font-size:13px}
@media (max-width:560px){body{padding:24px 16px 40px}.headline{text-align:left}h1{font-size:26px}}
@media print{body{max-width:none;padding:0}section{break-inside:auto}h2{break-after:avoid}}
${chartStyle}
`;
