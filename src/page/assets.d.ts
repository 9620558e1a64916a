/** Where the bundle has put the file, relative to the bundle. */
declare module '*.wasm' {
  const url: string;
  export default url;
}
