import { type FileId, Module, withMemory } from '../../src/io/hdf5/library.js';
import { openSource } from '../../src/io/hdf5/source.js';

type Creation = Parameters<typeof Module.create_attribute>[4];

/** An attribute `ref` of `object` that is a reference to the object at `to`. */
export function writeReference(file: FileId, object: string, to: string): void {
  const source = openSource('test/io/fixtures/hdf5-types.h5');
  const metadata = source.metadata('/same/references');
  source.close();
  const creation = { ...metadata, shape: [], maxshape: [], chunks: null, total_size: 1 };
  withMemory('a test', metadata.size, (pointer) => {
    Module.HEAPU8.set(Module.create_object_reference(file, to), pointer);
    Module.create_attribute(file, object, 'ref', BigInt(pointer), creation as unknown as Creation);
  });
}
