/**
 * Keeps a fault in one view from taking the window with it: says so and offers to load again. What
 * the host holds (tasks, terminals, the engine) is not touched by either.
 */
import { Component, type ReactNode } from 'react';
import { useLanguage } from '../messages/language-context.tsx';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';

interface ErrorBoundaryProps {
  /** A fault is forgotten when this changes: another view is another chance. */
  readonly resetKey: string;
  readonly children: ReactNode;
}

interface ErrorBoundaryState {
  readonly error: unknown;
  readonly resetKey: string;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: unknown): Partial<ErrorBoundaryState> {
    return { error };
  }

  static getDerivedStateFromProps(
    { resetKey }: ErrorBoundaryProps,
    state: ErrorBoundaryState,
  ): Partial<ErrorBoundaryState> | null {
    return resetKey === state.resetKey ? null : { error: null, resetKey };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : <Fault error={error} />;
  }
}

function Fault({ error }: { error: unknown }) {
  const { t } = useLanguage();
  return (
    <EmptyState
      icon="warning"
      title={t('fault.title')}
      actions={<Button onClick={() => window.location.reload()}>{t('fault.reload')}</Button>}
    >
      <code>{error instanceof Error ? error.message : String(error)}</code>
    </EmptyState>
  );
}
