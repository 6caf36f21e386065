internal import PinionVisualization

/// The style sheet: light and dark mode, narrow and wide screens, print.
enum PageStyle {
  static let text = """
    :root{color-scheme:light dark;\(Paint.declarations(\.light))}
    @media screen and (prefers-color-scheme:dark){
    :root{\(Paint.declarations(\.dark))}
    .heat{filter:\(RGB.darkModeFilter)}
    }
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);overflow-wrap:anywhere;
    font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
    main{max-width:1288px;margin:0 auto;padding:32px 24px 48px}
    h1{font-size:1.8rem;line-height:1.2;margin:0 0 4px}
    h2{font-size:1.3rem;line-height:1.3;margin:44px 0 14px;padding-bottom:6px;
    border-bottom:1px solid var(--grid)}
    h3{font-size:1rem;margin:22px 0 8px}
    p{margin:0 0 10px;max-width:46rem}
    .note{color:var(--muted)}
    .numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;
    margin:22px 0 0}
    .numbers div{background:var(--panel);border:1px solid var(--grid);border-radius:8px;
    padding:10px 14px}
    .numbers dt{color:var(--muted);font-size:.85rem}
    .numbers dd{margin:0;font-size:1.3rem;font-weight:600;line-height:1.3;
    font-variant-numeric:tabular-nums}
    .numbers small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
    figure{margin:0 0 18px;min-width:0;break-inside:avoid}
    figcaption{color:var(--muted);font-size:.88rem;margin-top:6px;max-width:46rem}
    .scroll{overflow-x:auto;max-width:100%;background:
    linear-gradient(to right,var(--paper) 40%,transparent) 0 0/40px 100% no-repeat local,
    linear-gradient(to left,var(--paper) 40%,transparent) 100% 0/40px 100% no-repeat local,
    linear-gradient(to right,var(--edge),transparent) 0 0/16px 100% no-repeat scroll,
    linear-gradient(to left,var(--edge),transparent) 100% 0/16px 100% no-repeat scroll}
    .tall{max-height:34rem;overflow-y:auto}
    svg{display:block;width:100%;height:auto}
    .columns{display:grid;gap:20px 36px;align-items:start;
    grid-template-columns:repeat(auto-fit,minmax(min(100%,366px),1fr))}
    .columns h3:first-child{margin-top:0}
    .dense table{font-size:.82rem}.dense th,.dense td{padding-right:10px}
    .dense tbody th{white-space:nowrap}.stack>*{margin:0 0 18px}
    .dense .number{padding:4px 0 4px 12px}
    .network{display:grid;gap:20px 36px;align-items:start}.network>*{min-width:0;margin:0}
    .wide,.medium,.narrow{display:none}
    .columns>figure,.columns>.scroll{margin:0}
    table{border-collapse:collapse;font-size:.9rem;line-height:1.35;
    font-variant-numeric:tabular-nums;overflow-wrap:normal}
    th,td{padding:4px 14px 4px 0;text-align:left;border-bottom:1px solid var(--grid);
    vertical-align:top}
    thead th{color:var(--muted);font-weight:600}
    .tall thead th{position:sticky;top:0;background:var(--paper);z-index:1}
    tbody th{font-weight:500;min-width:6.2rem;position:sticky;left:0;background:var(--paper)}
    .long,.values td{overflow-wrap:anywhere}
    .read rect{fill:transparent;pointer-events:all;cursor:crosshair}
    .tip{display:none;pointer-events:none;font-size:12px}
    .read:hover .tip{display:block}
    .tip path{stroke:var(--axis)}.tip rect{fill:var(--panel);stroke:var(--axis)}
    .tip text{fill:var(--ink)}
    details{margin:6px 0 0}summary{cursor:pointer;color:var(--muted);margin:0 0 8px}
    a{color:inherit;text-underline-offset:2px}
    .number{text-align:right;padding-left:18px;padding-right:0;white-space:nowrap}
    thead .number{white-space:normal}td.word{min-width:5.6rem}
    .plain{list-style:none;margin:0;padding:0}
    .words li{padding:3px 0}
    img{image-rendering:pixelated;display:block}
    .samples{display:grid;grid-template-columns:fit-content(34%) 1fr;gap:8px 14px;
    align-items:center}
    .samples dd{margin:0;display:flex;flex-wrap:wrap;gap:4px}
    .samples img{width:44px;height:auto;max-height:88px}
    .tiles{display:grid;gap:12px 10px;text-align:center;font-size:.8rem;line-height:1.3;
    grid-template-columns:repeat(auto-fill,minmax(82px,1fr))}
    .tiles img{width:56px;height:auto;max-height:112px;margin:0 auto 3px}
    .predictions{display:grid;gap:18px 12px;text-align:center;font-size:.88rem;line-height:1.35;
    grid-template-columns:repeat(auto-fill,minmax(max(104px,17%),1fr))}
    .predictions img{width:84px;height:auto;max-height:168px;margin:0 auto 5px;
    outline:2px solid var(--correct);outline-offset:2px}
    .predictions .wrong img{outline:4px double var(--incorrect)}
    .predictions b{display:block;color:var(--correct)}
    .predictions .wrong b{color:var(--incorrect)}
    .predictions small{display:block;color:var(--muted);font-size:.82rem}
    @media (min-width:1100px){.wide{display:block}}
    @media (min-width:1000px){.network{grid-template-columns:minmax(0,1fr) minmax(0,26rem)}}
    @media (min-width:640px) and (max-width:1099.98px){.medium{display:block}}
    @media (max-width:639.98px){.narrow{display:block}.broad{display:none}
    main{padding:18px 12px 32px}h1{font-size:1.45rem}h2{margin-top:34px}
    .numbers{grid-template-columns:1fr 1fr}
    .dense :is(th,td):nth-child(2){display:none}
    table{font-size:.84rem}th,td{padding-right:8px}.number{padding-left:8px}}
    @media print{
    @page{margin:14mm}
    body{font-size:10.5pt}main{max-width:none;padding:0}
    h2,h3,h2+p{break-after:avoid}p{break-inside:avoid}tr,li,.numbers,.samples dd{break-inside:avoid}
    thead{display:table-header-group}th{position:static!important}.tall{columns:2;column-gap:20px}
    .columns:has(.tall){display:block}.tall table{font-size:.72rem}
    .tall :is(th,td){padding-right:6px;min-width:0}.tall .number{padding-left:6px;padding-right:0}
    .numbers{grid-template-columns:repeat(3,1fr)}
    .scroll,.tall{overflow:visible;max-height:none;background:none}.tip,details{display:none}
    .columns{gap:14px 24px}.pair{grid-template-columns:1fr 1fr}.numbers dd{font-size:1.1rem}
    .predictions,.tiles{display:block}.predictions{break-inside:avoid}
    .predictions li,.tiles li{display:inline-block;vertical-align:top;margin:0 0 12px;width:19%}
    .tiles li{width:12%}
    svg{min-width:0!important;max-height:235mm}
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    }
    """
}
