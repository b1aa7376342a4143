/** Sends a run request; an image that is not here is pulled first, as `docker run` does. */
import { useEffect, useRef, useState } from 'react';
import type { RunRequest } from '../../../../electron/ipc/contract.ts';
import { problemOf, type Bridge } from '../../../bridge/bridge.ts';
import { useTasks } from '../../tasks/store.ts';

type Phase = 'idle' | 'pulling' | 'running';

export function useRunner(bridge: Bridge) {
  const [phase, setPhase] = useState<Phase>('idle');
  const [problem, setProblem] = useState<string | null>(null);
  const left = useRef(new AbortController());
  useEffect(() => {
    left.current = new AbortController();
    const controller = left.current;
    // A form that was left runs nothing when its pull has ended.
    return () => controller.abort();
  }, []);
  const run = async (request: RunRequest, isLocal: boolean) => {
    const { signal } = left.current;
    setProblem(null);
    try {
      if (!isLocal) {
        setPhase('pulling');
        const { taskId } = await bridge.call('image.pull', { reference: request.image });
        const failure = await pullEnded(taskId, signal);
        if (signal.aborted || failure === '') return null;
        if (failure !== null) throw new Error(failure);
      }
      setPhase('running');
      return await bridge.call('container.run', request);
    } catch (error) {
      setProblem(problemOf(error));
      return null;
    } finally {
      setPhase('idle');
    }
  };
  return { run, phase, problem };
}

/** Null when the pull succeeded, else what went wrong; empty when it was cancelled or dismissed. */
function pullEnded(taskId: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    let stop = () => {};
    let wasSeen = false;
    const look = () => {
      const task = useTasks.getState().tasks.find((each) => each.taskId === taskId);
      const isUnderWay = task ? task.state === 'running' : !wasSeen;
      wasSeen ||= task !== undefined;
      if (isUnderWay && !signal.aborted) return;
      stop();
      resolve(task?.state === 'done' ? null : (task?.error ?? ''));
    };
    stop = useTasks.subscribe(look);
    signal.addEventListener('abort', look, { once: true });
    look();
  });
}
