/**
 * The bar between a list and what stands beside it: dragged, or moved with the arrow keys. Sizes are
 * of the pane after it, in pixels, and stay within the bounds given.
 */
import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import './splitter.css';

interface SplitterProps {
  readonly label: string;
  readonly size: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (size: number) => void;
  readonly onDoubleClick: () => void;
}

const KEY_STEP = 24;

export function Splitter({ label, size, min, max, onChange, onDoubleClick }: SplitterProps) {
  const drag = useRef<{ x: number; size: number } | null>(null);
  const within = (value: number) => Math.round(Math.min(max, Math.max(min, value)));
  const begin = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, size };
  };
  const follow = (event: PointerEvent) => {
    if (drag.current) onChange(within(drag.current.size + drag.current.x - event.clientX));
  };
  const end = () => {
    drag.current = null;
  };
  const handleKey = (event: KeyboardEvent) => {
    const step = { ArrowLeft: KEY_STEP, ArrowRight: -KEY_STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChange(within(size + step));
  };
  return (
    <div
      className="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={begin}
      onPointerMove={follow}
      onPointerUp={end}
      onPointerCancel={end}
      onDoubleClick={onDoubleClick}
      onKeyDown={handleKey}
    />
  );
}
