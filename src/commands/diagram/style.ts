import type { Style } from '../svg-page.js';

/** Boxes and labels have colours for either background. */
export const style: Style = {
  light: `
.layer{font-weight:500}
.after{fill:#5d6878}
.arrow{fill:none;stroke:#8b95a5;stroke-width:1.3;stroke-linecap:round;stroke-linejoin:round}
.grid{fill:none;stroke:#fff;stroke-opacity:.55;stroke-width:.6}
.encoder .front{fill:#3f78d8}.encoder .top{fill:#7ba5ea}.encoder .end{fill:#2a59ab}text.encoder{fill:#2f66c4}
.latent .front{fill:#e0912b}.latent .top{fill:#f2b968}.latent .end{fill:#b36d12}text.latent{fill:#b06c12}
.decoder .front{fill:#1f9484}.decoder .top{fill:#62bfb2}.decoder .end{fill:#136c60}text.decoder{fill:#137a6c}`,
  dark: `
.after{fill:#98a4b5}
text.encoder{fill:#83aef5}text.latent{fill:#f0b45f}text.decoder{fill:#5fcabb}`,
};
