/** Of the picture. Boxes and labels have colours for either background. */
export const style = `
text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2733;font-variant-numeric:tabular-nums}
.page{fill:#fff}
.panel{fill:#f3f5f9}
.name{font-size:19px;font-weight:600}
.label{font-weight:600}
.layer{font-weight:500}
.muted,.after{fill:#5d6878}
.muted{font-size:12px}
.right{text-anchor:end}
.arrow{fill:none;stroke:#8b95a5;stroke-width:1.3;stroke-linecap:round;stroke-linejoin:round}
.grid{fill:none;stroke:#fff;stroke-opacity:.55;stroke-width:.6}
.encoder .front{fill:#3f78d8}.encoder .top{fill:#7ba5ea}.encoder .end{fill:#2a59ab}text.encoder{fill:#2f66c4}
.latent .front{fill:#e0912b}.latent .top{fill:#f2b968}.latent .end{fill:#b36d12}text.latent{fill:#b06c12}
.decoder .front{fill:#1f9484}.decoder .top{fill:#62bfb2}.decoder .end{fill:#136c60}text.decoder{fill:#137a6c}
@media (prefers-color-scheme:dark){
text{fill:#e4e9f0}
.page{fill:#0f141b}
.panel{fill:#19212c}
.muted,.after{fill:#98a4b5}
text.encoder{fill:#83aef5}text.latent{fill:#f0b45f}text.decoder{fill:#5fcabb}
}
`;
