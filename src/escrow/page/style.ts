import { calendarDays } from '../model/day.ts';
import { statusWords } from './words.ts';

// Colours differ in lightness as well as in hue, and every mark has a shape of its own, so that the page reads without
// colour: on a grey printer, and with any colour blindness. Text contrast is at least 4.5 to 1 in both schemes.

const monthWidths = Array.from({ length: calendarDays }, (_, index) => `.w${index + 1}{flex:${index + 1}}`).join('');

/** The sign before each status of the ledger, said to nobody: the word beside it says the same. */
const statusSigns = Object.entries(statusWords)
  .map(([status, { sign }]) => `.ledger .${status}::before{content:"${sign}";content:"${sign}"/""}`)
  .join('\n');

/** The only style of the page; its digest is in the content security policy. */
export const styleSheet = `
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1c2127;--soft:#565f6b;--line:#dcd9d1;--link:#0b5394;
--good:#14695f;--good-wash:#e4f1ee;--bad:#a1133b;--bad-wash:#fbe9ed;--warn:#8a5300;--warn-wash:#fdf1dc;
--e:#23797a;--h:#8fc3c0;--s:#e39a1f;--f:#a1133b;--k:#a9adb3;--g:#4a4f57;--cell:#efede7}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1c2026;--ink:#e8e6e1;--soft:#a7afba;--line:#353b44;--link:#8cc2ff;
--good:#6fd0bf;--good-wash:#17302d;--bad:#ff8fa8;--bad-wash:#3a1a23;--warn:#f2bd62;--warn-wash:#352814;
--e:#3fa7a3;--h:#2c5f62;--s:#f0ab3c;--f:#ff6f91;--k:#6b737e;--g:#c3c8cf;--cell:#262b32}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:82rem;margin:0 auto;padding:0 1.25rem}
header .what{max-width:none;display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1rem;margin:1.25rem 0 .75rem;color:var(--soft);font-size:.9rem}
header b{color:var(--ink);letter-spacing:.02em}
h1{font-size:clamp(1.8rem,1.2rem + 2.2vw,2.9rem);line-height:1.1;margin:0 0 .5rem;letter-spacing:-.02em;text-wrap:balance}
h1 span{display:inline-block;text-wrap:wrap}
h2{font-size:1.45rem;line-height:1.25;margin:2.75rem 0 .6rem;letter-spacing:-.01em}
h2 .kind{color:var(--soft);font-weight:400}
h3{font-size:1.02rem;margin:0 0 .25rem}
p{margin:.4rem 0;max-width:75ch}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
code{font:.82em/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:2}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.answer{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.75rem clamp(1.1rem,3vw,2.25rem) 1.5rem}
.asof{font-size:1.15rem;margin:0 0 1rem}
.share{display:block;width:100%;height:14px;border-radius:7px;background:var(--cell);margin:.25rem 0 1.1rem}
.share .young{fill:var(--e)}.share .gone{fill:var(--g)}.share .older{fill:var(--s)}.share .none{fill:var(--f)}
.parts{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;margin:-.6rem 0 1.1rem;padding:0;font-size:.9rem;color:var(--soft)}
.parts li::before{content:"";display:inline-block;width:.8em;height:.8em;margin-right:.45em;vertical-align:-.08em;border-radius:2px}
.parts .young::before{background:var(--e)}.parts .gone::before{background:var(--g)}.parts .older::before{background:var(--s)}.parts .none::before{background:var(--f)}
.verdict{display:inline-block;margin:0 0 .4rem;padding:.35rem .8rem;border-radius:8px;font-weight:600}
.verdict.good{background:var(--good-wash);color:var(--good)}
.verdict.bad{background:var(--bad-wash);color:var(--bad)}
.verdict a{color:inherit}
.limits{margin:.6rem 0 0;padding-left:1.2rem;max-width:90ch}
.limits li{margin:.3rem 0}
.name{font-weight:600}
.limits .item{display:inline-block;max-width:100%}
.counts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:1rem 1.5rem;margin:1.4rem 0 0;padding-top:1.2rem;border-top:1px solid var(--line)}
.counts dt{font-size:.9rem;color:var(--soft)}
.counts dd{margin:0}
.counts .number{display:block;font-size:1.7rem;font-weight:650;line-height:1.2;font-variant-numeric:tabular-nums}
.counts .meaning{font-size:.82rem;color:var(--soft);line-height:1.35;display:block}
.sign{display:inline-block;min-width:1.15em;font-weight:700;text-align:center}
.is-fresh.sign,.run-ok.sign{color:var(--good)}
.is-stale.sign,.is-pending.sign,.is-notLookedAt.sign{color:var(--warn)}
.is-never.sign,.is-gone.sign,.run-incomplete.sign,.run-unfinished.sign{color:var(--bad)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.4rem;list-style:none;margin:1rem 0 0;padding:0;font-size:.92rem}
.findings{list-style:none;margin:.5rem 0;padding:0;display:grid;gap:.7rem}
.findings>li{background:var(--card);border:1px solid var(--line);border-left:6px solid var(--f);border-radius:8px;padding:.8rem 1.1rem}
.findings>li.warning{border-left:6px double var(--s)}
.severity{display:inline-block;font-size:.74rem;font-weight:700;letter-spacing:.04em;text-transform:uppercase;padding:.05rem .5rem;border-radius:4px;margin-right:.35rem;background:var(--bad-wash);color:var(--bad);vertical-align:.1em}
.warning .severity{background:var(--warn-wash);color:var(--warn)}
.where{font-weight:400;color:var(--soft);font-size:.9rem;margin-left:.4rem}
.findings p{max-width:95ch}
.remedy{display:block;margin-top:.25rem}
.alike{margin:.3rem 0 .4rem;padding-left:1.2rem;max-width:95ch}
.alike>li{margin:.3rem 0}
.alike p{margin:.2rem 0}
.unfolds{margin:-.4rem 0 1rem}
summary{cursor:pointer;font-weight:600;padding:.2rem 0}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.5rem;list-style:none;margin:.5rem 0;padding:0;font-size:.9rem}
.scroll{overflow-x:auto;margin:1rem 0;border:1px solid var(--line);border-radius:10px;background:var(--card)}
table{border-collapse:collapse;width:100%;font-size:.86rem;line-height:1.4}
caption{caption-side:top;text-align:left;font-weight:650;font-size:.95rem;padding:.8rem .9rem .5rem}
th,td{text-align:left;vertical-align:top;padding:.32rem .6rem;font-weight:400}
th:first-child{padding-left:.9rem}
thead th{font-weight:600;color:var(--soft);font-size:.8rem;border-bottom:1px solid var(--line);vertical-align:bottom;white-space:nowrap}
tbody th{font-weight:600;min-width:9.5rem}
.ledger tbody tr,.runs tbody tr,.certificates tbody tr{border-top:1px solid var(--line)}
.ledger td:nth-child(2),.runs td:nth-child(2),.runs td:nth-child(4){white-space:nowrap}
.ledger td:nth-child(2)::before{display:inline-block;min-width:1.15em;margin-right:.25em;font-weight:700;text-align:center}
.ledger .fresh::before{color:var(--good)}
.ledger .stale::before,.ledger .pending::before,.ledger .notLookedAt::before{color:var(--warn)}
.ledger .never::before,.ledger .gone::before{color:var(--bad)}
small{font-size:inherit;color:var(--soft)}
.ledger td small{display:block}
.ledger td code{display:block;color:var(--soft)}
.ledger{min-width:64rem}
.ledger td:nth-child(5) code{width:33ch}
.ledger td:nth-child(3):not([colspan]){min-width:14.5rem}
.certificates{min-width:36rem}
.ledger .nothing{color:var(--soft)}
.ledger .lost{color:var(--bad);font-weight:600}
.note{color:var(--soft);font-size:.85rem}
caption .note{display:block;font-weight:400;margin-top:.2rem}
.number{font-variant-numeric:tabular-nums}
.duration{white-space:nowrap}
.runs td.number{text-align:right}
.runs thead th:nth-child(n+5):nth-child(-n+10){text-align:right}
.runs :is(.run-incomplete,.run-unfinished,.run-missed) :is(td,th){background:var(--bad-wash)}
.bar{width:40px;height:8px;margin-right:.4rem;fill:var(--h)}
.calendar{table-layout:fixed;min-width:56rem}
.calendar th:first-child{width:17rem}
.calendar th:nth-child(3){width:17rem}
.calendar td,.calendar tbody th{padding-top:.14rem;padding-bottom:.14rem;vertical-align:middle}
.calendar td:last-child{color:var(--soft);font-size:.8rem}
.axis{display:flex;font-size:.72rem;font-weight:400}
.axis span{overflow:hidden;border-left:1px solid var(--line);padding-left:.25rem;min-width:0}
.calendar svg,.legend svg{display:block;width:100%;height:16px;background:var(--cell);border-radius:2px}
.legend svg{display:inline-block;width:16px;vertical-align:-3px}
:where(.calendar,.legend) path{fill:none;stroke-width:10;stroke-dasharray:.84 .16}
.e{stroke:var(--e)}
.h{stroke:var(--e);stroke-width:3;transform:translateY(3.5px)}
.s{stroke:var(--s);stroke-dasharray:.28 .14 .42 .16}
.f{stroke:var(--f);stroke-width:6}
.k{stroke:var(--k);stroke-width:2}
.g{stroke:var(--g);stroke-width:1.6;stroke-dasharray:.5 .5}
.facts{display:grid;grid-template-columns:minmax(9rem,auto) 1fr;gap:.5rem 1.5rem;margin:.5rem 0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;max-width:85ch}
footer{color:var(--soft);font-size:.85rem;padding-bottom:3rem;margin-top:2.5rem}
@media (max-width:40rem){.facts{grid-template-columns:1fr;gap:.1rem}.facts dd{margin-bottom:.6rem}}
@media screen and (max-width:40rem){
caption{max-width:calc(100vw - 3rem)}
.calendar{min-width:0}
.calendar,.calendar :is(thead,tbody,caption){display:block}
.calendar tr{display:grid;padding:.35rem .9rem}
.calendar :is(th,td):is(th,td){padding:0;width:auto;min-width:0}
.calendar thead th{border:0}
.calendar thead th:last-child{display:none}
}
@media print{
@page{margin:14mm 12mm;@bottom-right{content:counter(page) " / " counter(pages);font:8pt sans-serif}}
:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--link:#000;--good:#0b4f47;--good-wash:#fff;--bad:#7d0c2c;--bad-wash:#fff;--warn:#6b4000;--warn-wash:#fff;
--e:#23797a;--h:#8fc3c0;--s:#e39a1f;--f:#a1133b;--k:#a9adb3;--g:#4a4f57;--cell:#f2f1ec}
body{font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
header,main,footer{max-width:none;padding:0}
nav,.skip{display:none}
.answer,.scroll{border-radius:0}
.scroll{overflow:visible;border:0}
details::details-content{content-visibility:visible;height:auto;display:block}
table{font-size:7.5pt}
thead th,.calendar td:last-child,caption .note,.axis{font-size:7.5pt}
caption{font-size:9pt}
.ledger td:nth-child(3) code{min-width:28ch}
th,td{padding:.2rem .35rem}
.ledger{min-width:0}
.bar{width:20px}
.calendar{min-width:0}
.calendar th:first-child,.calendar th:nth-child(3){width:11rem}
.calendar svg,.legend svg{height:9pt}
thead{display:table-header-group}
tbody tr:first-child{break-before:avoid}
.ledger td:nth-child(3):not([colspan]),.certificates{min-width:0}
tr,.findings>li:not(:has(details)),.counts>div{break-inside:avoid}
h2,h3,caption{break-after:avoid}
caption{break-inside:avoid}
}
${monthWidths}
${statusSigns}
`;
