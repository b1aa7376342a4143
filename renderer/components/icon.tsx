/** Line icons on a 16-pixel grid, drawn for this product. Decoration: the name is beside them. */
import './icon.css';

const PATHS = {
  container: 'M8 1.8 14 5v6l-6 3.2L2 11V5z M2 5l6 3.2L14 5 M8 8.2v6',
  image: 'M2.5 5.5 8 2.7l5.5 2.8L8 8.3z M2.5 8.2 8 11l5.5-2.8 M2.5 10.9 8 13.7l5.5-2.8',
  activity: 'M1.8 8h2.7l2-4.8 3 9.6 2-4.8h2.7',
  settings:
    'M2.5 4.5h6 M11.5 4.5h2 M2.5 11.5h2 M7.5 11.5h6 M11.5 4.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0z M7.5 11.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0z',
  search: 'M11.3 7a4.3 4.3 0 1 1-8.6 0 4.3 4.3 0 0 1 8.6 0z m-1 3.3 3.2 3.2',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z',
  sun: 'M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0z M8 1.5v1.3 M8 13.2v1.3 M1.5 8h1.3 M13.2 8h1.3 M3.4 3.4l.9.9 M11.7 11.7l.9.9 M12.6 3.4l-.9.9 M4.3 11.7l-.9.9',
  chevronDown: 'm4 6 4 4 4-4',
  chevronUp: 'm4 10 4-4 4 4',
  chevronRight: 'm6 4 4 4-4 4',
  plus: 'M8 3v10M3 8h10',
  start: 'M5 3.4v9.2L12.4 8z',
  stop: 'M5.2 4h5.6A1.2 1.2 0 0 1 12 5.2v5.6a1.2 1.2 0 0 1-1.2 1.2H5.2A1.2 1.2 0 0 1 4 10.8V5.2A1.2 1.2 0 0 1 5.2 4z',
  pause: 'M5.5 3.8v8.4 M10.5 3.8v8.4',
  restart: 'M13 8a5 5 0 1 1-1.6-3.7L13 5.8 M13 2.6v3.2H9.8',
  terminal: 'm3.5 5 3 3-3 3 M8.5 11.5h4',
  logs: 'M3 4h10 M3 8h7 M3 12h9',
  remove: 'M3 4.5h10 M6 4.5V3h4v1.5 M4.3 4.5l.6 8.5h6.2l.6-8.5',
  external: 'M9.5 3H13v3.5 M13 3 7.5 8.5 M11 9.5V13H3V5h3.5',
  crane: 'M2.5 13.5V4.5L13.5 3 M2.5 8l11-1.2 M13.5 3v10.5 M8 3.8v5 M6.5 8.8h3v2.8h-3z',
  download: 'M8 2.5v7 M5 7l3 3 3-3 M3 13h10',
  clock: 'M13.6 8A5.6 5.6 0 1 1 2.4 8a5.6 5.6 0 0 1 11.2 0z M8 5v3l2 1.4',
  wrap: 'M2.5 4h11 M2.5 8h8.3a2 2 0 0 1 0 4.2H8 M9.5 10.6 8 12.2l1.5 1.6 M2.5 12.2H5',
  copy: 'M6 5.5h6.2a.8.8 0 0 1 .8.8v6.2a.8.8 0 0 1-.8.8H6a.8.8 0 0 1-.8-.8V6.3a.8.8 0 0 1 .8-.8z M10.5 3.2H3.7a.7.7 0 0 0-.7.7v6.6',
  check: 'm3.2 8.4 3.2 3.2 6.4-7',
  close: 'm4 4 8 8 M12 4l-8 8',
  more: 'M3.5 8h.01 M8 8h.01 M12.5 8h.01',
  expand: 'M9.5 2.8h3.7v3.7 M13.2 2.8 9 7 M6.5 13.2H2.8V9.5 M2.8 13.2 7 9',
  shrink: 'M13 6.7H9.3V3 M9.3 6.7 13.4 2.6 M3 9.3h3.7V13 M6.7 9.3 2.6 13.4',
  warning: 'M8 2.6 14.2 13H1.8z M8 6.6v3 M8 11.4h.01',
  info: 'M13.6 8A5.6 5.6 0 1 1 2.4 8a5.6 5.6 0 0 1 11.2 0z M8 7.4v3.2 M8 5.3h.01',
  braces:
    'M6 2.8H5.2a1.6 1.6 0 0 0-1.6 1.6v1.9L2.2 8l1.4 1.7v1.9a1.6 1.6 0 0 0 1.6 1.6H6 M10 2.8h.8a1.6 1.6 0 0 1 1.6 1.6v1.9L13.8 8l-1.4 1.7v1.9a1.6 1.6 0 0 1-1.6 1.6H10',
  keyboard:
    'M2 4.2h12v7.6H2z M4.4 6.6h.01 M6.8 6.6h.01 M9.2 6.6h.01 M11.6 6.6h.01 M4.4 9.4h.01 M11.6 9.4h.01 M6.6 9.4h2.8',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      className={className ? `icon ${className}` : 'icon'}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
