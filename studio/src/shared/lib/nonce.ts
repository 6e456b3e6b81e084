/** What lets the grid and the editor add styles under the page's Content-Security-Policy. */
export const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
