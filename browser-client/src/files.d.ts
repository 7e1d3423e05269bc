/** Files that Vite puts beside the page; the value is their address. */

declare module '*.wasm?url' {
  const address: string;
  export default address;
}

declare module '*.css' {}
