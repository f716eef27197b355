/** Colors differ in lightness, too, so that they are told apart without hue. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fdfdfc; --text: #1d2125; --soft: #5b636b; --line: #d8dcdf; --card: #f3f4f5;
  --live: #17704a; --raw: #4f86c6; --dead: #c9cdd1; --grave: #9aa1a8; --torn: #b3261e; --good: #17704a; --caution: #8a5a00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181b; --text: #e6e8ea; --soft: #a2abb3; --line: #343a40; --card: #1f2428;
  --live: #4fc08d; --raw: #7fb0ea; --dead: #4a5158; --grave: #737c85; --torn: #ff8a80; --good: #5fd09d; --caution: #f0b95a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.25rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); }
.verdict { font-weight: 700; } .intact { color: var(--good); } .torn { color: var(--caution); } .damaged { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .6rem; margin: 1rem 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
.legend i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } td.wide { width: 70%; min-width: 10rem; }
.bar { display: flex; height: 1rem; background: var(--card); } .bar i { display: block; height: 100%; }
.part-live { background: var(--live); } .part-raw { background: var(--raw); } .part-dead { background: var(--dead); }
.part-grave { background: var(--grave); }
.part-torn { background: repeating-linear-gradient(45deg, var(--torn) 0 4px, transparent 4px 7px); outline: 1px solid var(--torn); outline-offset: -1px; min-width: 3px; }
svg { display: block; width: 100%; height: 12rem; } svg .live { fill: var(--live); } svg .waste { fill: var(--dead); }
svg .written { fill: none; stroke: var(--text); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: .85rem; }
li { overflow-wrap: anywhere; } code { background: var(--card); border: 1px solid var(--line); border-radius: .25rem; padding: .1rem .3rem; }
@media (max-width: 34rem) { body { padding: .75rem; } td.wide { min-width: 7rem; } }
`;
