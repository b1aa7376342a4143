import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectRunnable, MANIFEST_BYTES_MAX, MEDIA_TYPE, parseManifest } from './manifest.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const image = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.dockerManifest,
  config: { mediaType: MEDIA_TYPE.dockerConfig, digest: digest('a'), size: 10 },
  layers: [{ mediaType: MEDIA_TYPE.dockerLayerGzip, digest: digest('b'), size: 20 }],
};

describe('parseManifest()', () => {
  test('reads an image manifest', () => {
    expect(parseManifest(bytes(image))).toMatchObject({
      kind: 'image',
      config: { digest: digest('a') },
      layers: [{ digest: digest('b'), size: 20 }],
    });
  });

  test('goes by the content type where an OCI document names none of its own', () => {
    const { mediaType: _, ...untyped } = image;
    expect(parseManifest(bytes(untyped), `${MEDIA_TYPE.ociManifest}; charset=utf-8`).kind).toBe(
      'image',
    );
    expect(parseManifest(bytes({ manifests: [] }), 'text/plain').kind).toBe('index');
  });

  test('tells attestations from images in an index', () => {
    const entry = { mediaType: MEDIA_TYPE.ociManifest, digest: digest('c'), size: 1 };
    const index = {
      mediaType: MEDIA_TYPE.ociIndex,
      manifests: [
        { ...entry, platform: { os: 'linux', architecture: 'amd64' } },
        {
          ...entry,
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
      ],
    };
    expect(parseManifest(bytes(index))).toMatchObject({
      manifests: [{ isAttestation: false }, { isAttestation: true }],
    });
  });

  test.each([
    ['schema 1', { schemaVersion: 1, name: 'x' }, 'schema 1 support is not available'],
    ['a document that is both', { ...image, manifests: [] }, 'both an image and a list'],
    ['another digest algorithm', { ...image, layers: [{ digest: 'md5:1', size: 1 }] }, 'sha256'],
    ['a negative size', { ...image, layers: [{ digest: digest('b'), size: -1 }] }, 'layers.0.size'],
    [
      'a size beyond exact numbers',
      { ...image, layers: [{ digest: digest('b'), size: 2 ** 60 }] },
      'size',
    ],
    ['an unknown type', { ...image, mediaType: 'text/html' }, 'unsupported manifest media type'],
    ['too many layers', { ...image, layers: Array(129).fill(image.layers[0]) }, 'layers'],
    ['a bare number', 7, 'not an object'],
  ])('refuses %s', (_, document, message) => {
    expect(() => parseManifest(bytes(document))).toThrow(message);
  });

  test('refuses what is too large or no JSON', () => {
    expect(() => parseManifest(Buffer.alloc(MANIFEST_BYTES_MAX + 1))).toThrow('larger than');
    expect(() => parseManifest(Buffer.from('<html>'))).toThrow('not JSON');
    expect(() => parseManifest(Buffer.from('[['))).toThrow('not JSON');
  });

  test('refuses what is nested too deep, brackets within strings left out', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    expect(() => parseManifest(nested(1_000_000))).toThrow('manifest is nested more than 200 deep');
    const name = { ...image, name: String.raw`\"` + '[{'.repeat(500) };
    expect(parseManifest(bytes(name)).kind).toBe('image');
  });

  test('throws nothing but invalid-argument for a manifest with any field changed', () => {
    const path = fc.constantFrom('schemaVersion', 'mediaType', 'config', 'layers', 'manifests');
    fc.assert(
      fc.property(path, fc.jsonValue({ maxDepth: 4 }), (field, value) => {
        try {
          const manifest = parseManifest(bytes({ ...image, [field]: value }));
          if (manifest.kind === 'image') expectRunnable(manifest);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-argument' });
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('throws nothing but invalid-argument, whatever it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        try {
          parseManifest(bytes(value));
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-argument' });
        }
      }),
    );
  });
});

describe('expectRunnable()', () => {
  const of = (config: string, layer: string) => ({
    kind: 'image' as const,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: config, digest: digest('a') as never, size: 1 },
    layers: [{ mediaType: layer, digest: digest('b') as never, size: 1 }],
  });

  test.each([
    [MEDIA_TYPE.dockerConfig, MEDIA_TYPE.dockerLayerGzip],
    [MEDIA_TYPE.dockerConfig, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'],
    [MEDIA_TYPE.ociConfig, MEDIA_TYPE.ociLayer],
    [MEDIA_TYPE.ociConfig, 'application/vnd.oci.image.layer.v1.tar+zstd'],
    [MEDIA_TYPE.ociConfig, 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'],
    ['', ''],
  ])('takes an image of %s and %s', (config, layer) => {
    expectRunnable(of(config, layer));
  });

  test.each([
    [
      'application/vnd.cncf.helm.config.v1+json',
      MEDIA_TYPE.ociLayer,
      'Encountered remote "application/vnd.cncf.helm.config.v1+json"(unknown) when fetching',
    ],
    [MEDIA_TYPE.ociConfig, 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted', 'encrypted'],
    [MEDIA_TYPE.ociConfig, 'text/html', 'unsupported media type "text/html" of layer sha256:b'],
  ])('refuses %s with %s', (config, layer, message) => {
    expect(() => expectRunnable(of(config, layer))).toThrow(message);
  });
});
