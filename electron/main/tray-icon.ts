/**
 * The tray's picture, drawn here: a gantry crane, whose load is there when the engine is ready. In a
 * mid grey that can be seen on light and dark panels alike. Pure.
 */

export const TRAY_ICON_SIZE = 32;

type Box = readonly [left: number, top: number, right: number, bottom: number];

const GREY = 0x8a;
const FRAME: readonly Box[] = [
  [2, 5, 30, 9],
  [4, 9, 8, 28],
  [24, 9, 28, 28],
];
const LOAD: readonly Box[] = [
  [15, 9, 17, 14],
  [11, 14, 21, 23],
];

/** 32 × 32 pixels, four bytes each; grey, so the order of the colours does not matter. */
export function drawTrayIcon(isReady: boolean): Buffer {
  const pixels = Buffer.alloc(TRAY_ICON_SIZE * TRAY_ICON_SIZE * 4);
  for (const [left, top, right, bottom] of isReady ? [...FRAME, ...LOAD] : FRAME)
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const at = (y * TRAY_ICON_SIZE + x) * 4;
        pixels.fill(GREY, at, at + 3);
        pixels[at + 3] = 0xff;
      }
  return pixels;
}
