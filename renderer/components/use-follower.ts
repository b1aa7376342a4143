/** Calls `then` with the last key given, once the keyboard has come to rest. */
import { useEffect, useRef } from 'react';

const REST_MS = 140;

export function useFollower(then: (key: string) => void): (key: string) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (key) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => then(key), REST_MS);
  };
}
