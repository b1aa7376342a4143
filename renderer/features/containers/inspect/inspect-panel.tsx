/** Docker's inspect document of a container, asked for again when the container has changed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { WatchedContainer } from '../../../../electron/ipc/contract.ts';
import { problemOf } from '../../../bridge/bridge.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { Button } from '../../../components/button.tsx';
import { EmptyState } from '../../../components/empty-state.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { containerInspectQuery } from '../queries.ts';
import { nameOf } from '../state.ts';
import { JsonDocument } from './json-document.tsx';

export function InspectPanel({ container }: { container: WatchedContainer }) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const inspect = useQuery({
    ...containerInspectQuery(bridge, container),
    placeholderData: keepPreviousData,
  });
  if (inspect.data !== undefined)
    return <JsonDocument value={inspect.data} name={nameOf(container)} />;
  if (!inspect.isError) return null;
  return (
    <EmptyState
      icon="warning"
      title={t('inspect.failed')}
      actions={<Button onClick={() => void inspect.refetch()}>{t('action.retry')}</Button>}
    >
      {problemOf(inspect.error)}
    </EmptyState>
  );
}
