/** Of the page: the fonts of the system, light or dark as the reader's system is, and printable. */
export const pageStyle = `
:root{color-scheme:light dark;--text:#1f2733;--muted:#5d6878;--ground:#fff;--panel:#f3f5f9;--line:#d5dbe5;--accent:#1f63b5}
@media (prefers-color-scheme:dark){:root{--text:#e4e9f0;--muted:#98a4b5;--ground:#0f141b;--panel:#19212c;--line:#2f3a49;--accent:#83aef5}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 20px 60px;max-width:1080px;color:var(--text);background:var(--ground);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
h1{font-size:26px;line-height:1.2;margin:0 0 8px}
h2{font-size:19px;margin:36px 0 8px;padding-top:12px;border-top:1px solid var(--line)}
p{max-width:75ch;margin:6px 0 12px}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:12px 0 0}
.numbers{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}
.numbers div{background:var(--panel);border-radius:8px;padding:8px 14px;display:flex;flex-direction:column-reverse}
.numbers dt{color:var(--muted);font-size:13px}
.numbers dd{margin:0;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto;margin:12px 0 20px}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
caption{text-align:left;white-space:nowrap;color:var(--muted);padding:4px 0}
th,td{padding:3px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th:first-child{text-align:left}
th:nth-child(2):last-child{text-align:left}
tbody th{font-weight:400}
td:only-of-type{text-align:left;white-space:normal;overflow-wrap:anywhere}
figure{margin:16px 0 24px}
figcaption{color:var(--muted);font-size:13px;max-width:80ch;margin-top:4px}
svg{max-width:100%;height:auto}
label{display:inline-flex;align-items:center;gap:8px;margin:0 16px 12px 0;color:var(--muted)}
select,input{font:inherit;color:var(--text)}
output{font-variant-numeric:tabular-nums}
#sampled-slices .slice-view{grid-template-columns:repeat(3,minmax(0,1fr));gap:18px;margin:4px 0 20px}
details{margin:6px 0;border:1px solid var(--line);border-radius:8px;padding:6px 12px}
summary{cursor:pointer}
@media print{details{break-inside:avoid}nav{display:none}}
`;
