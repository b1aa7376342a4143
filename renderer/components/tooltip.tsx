/**
 * The name of a button on hover and on keyboard focus. It repeats the accessible name, so it is
 * hidden from assistive technology. It goes away when the button is used.
 */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { Kbd } from './kbd.tsx';
import './tooltip.css';

const DELAY_MS = 450;
/** After one was shown, the next comes at once for this long: reading along a toolbar. */
const WARM_MS = 400;

let lastHiddenMs = 0;

interface TooltipProps {
  readonly text: string;
  readonly hotkey?: string;
  readonly children: ReactNode;
}

export function Tooltip({ text, hotkey, children }: TooltipProps) {
  const [place, setPlace] = useState<{ x: number; y: number; above: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  // The wrapper has no box of its own (`display: contents`): what it wraps is measured.
  const show = (target: Element) => {
    clearTimeout(timer.current);
    const delayMs = Date.now() - lastHiddenMs < WARM_MS ? 0 : DELAY_MS;
    timer.current = setTimeout(() => {
      const box = (target.firstElementChild ?? target).getBoundingClientRect();
      const above = box.bottom + 36 > window.innerHeight;
      const x = Math.min(window.innerWidth - 8, Math.max(8, box.left + box.width / 2));
      setPlace({ x, y: above ? box.top - 6 : box.bottom + 6, above });
    }, delayMs);
  };
  const hide = () => {
    clearTimeout(timer.current);
    if (place) lastHiddenMs = Date.now();
    setPlace(null);
  };

  return (
    <span
      className="tooltip-target"
      onPointerEnter={(event) => show(event.currentTarget)}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => event.target.matches(':focus-visible') && show(event.currentTarget)}
      onBlur={hide}
    >
      {children}
      {place &&
        createPortal(
          <span
            className={place.above ? 'tooltip tooltip-above' : 'tooltip'}
            style={{ left: place.x, top: place.y }}
            aria-hidden="true"
          >
            {text}
            {hotkey && <Kbd keys={hotkey} />}
          </span>,
          document.body,
        )}
    </span>
  );
}
