import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MANIFEST_BYTES_MAX, MEDIA_TYPE, parseManifest } from './manifest.ts';

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
    expect(() => parseManifest(Buffer.from('['.repeat(1_000_000)))).toThrow('not JSON');
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
