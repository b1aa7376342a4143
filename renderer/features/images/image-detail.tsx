/** One image: its names, what it starts, and its layers. */
import { useQuery } from '@tanstack/react-query';
import type { ImageDetail as Detail, ImageSummary } from '../../../electron/ipc/contract.ts';
import { useActions } from '../../app/actions-context.tsx';
import { navigate, type ImageTab } from '../../app/router.ts';
import { problemOf } from '../../bridge/bridge.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { copyText } from '../../components/copy.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { tabPanelProps, Tabs, useTabGroup } from '../../components/tabs.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { JsonDocument } from '../containers/inspect/json-document.tsx';
import { shortId } from '../containers/state.ts';
import { useEngine } from '../engine/store.ts';
import { ImageOverview } from './image-overview.tsx';
import { ImageRemovalPrompt } from './image-removal-prompt.tsx';
import { imageDetailQuery } from './queries.ts';
import { tagsOf } from './rows.ts';
import { useImages } from './store.ts';
import { useImagesView } from './view-store.ts';
import '../containers/container-detail.css';

interface ImageDetailProps {
  readonly reference: string;
  readonly tab: ImageTab;
  readonly full: boolean;
}

export function ImageDetail({ reference, tab, full }: ImageDetailProps) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const group = useTabGroup();
  const isSynced = useEngine((state) => state.synced);
  const image = useImages(
    (state) =>
      state.byId.get(reference) ??
      [...state.byId.values()].find((each) => tagsOf(each).includes(reference)),
  );
  const detail = useQuery({
    ...imageDetailQuery(bridge, image?.Id ?? reference),
    enabled: image !== undefined && isSynced,
  });
  if (!image) return isSynced ? <Gone /> : null;
  const tabs = [
    { id: 'overview', label: t('tab.overview') },
    { id: 'layers', label: t('tab.layers') },
    { id: 'inspect', label: t('tab.inspect') },
  ] as const;
  return (
    <section className="detail" aria-label={t('images.detail')}>
      <ImageHeader image={image} reference={reference} detail={detail.data} full={full} />
      <Tabs
        label={t('images.detail')}
        items={tabs}
        current={tab}
        group={group}
        onChange={(next) =>
          navigate(
            { view: 'images', reference, tab: next, ...(full && { full }) },
            { replace: true },
          )
        }
      />
      <div className="detail-panel" {...tabPanelProps(group, tab)}>
        {detail.isError ? (
          <EmptyState icon="warning" title={t('images.detailFailed')}>
            {problemOf(detail.error)}
          </EmptyState>
        ) : detail.data === undefined ? null : tab === 'overview' ? (
          <ImageOverview image={image} detail={detail.data} />
        ) : tab === 'layers' ? (
          <Layers detail={detail.data} />
        ) : (
          <JsonDocument value={detail.data} name={reference} />
        )}
      </div>
    </section>
  );
}

interface ImageHeaderProps {
  readonly image: ImageSummary;
  readonly reference: string;
  readonly detail: Detail | undefined;
  readonly full: boolean;
}

function ImageHeader({ image, reference, detail, full }: ImageHeaderProps) {
  const { t, formats } = useLanguage();
  const { images: actions } = useActions();
  const question = useImagesView(({ question: asked }) =>
    asked?.place === 'detail' && asked.keys.includes(reference) ? asked : null,
  );
  const title = reference === image.Id ? shortId(image.Id) : reference;
  return (
    <header className="detail-header">
      <div className="detail-title">
        <h2 className="truncate" title={reference}>
          {title}
        </h2>
        <span className="detail-actions">
          <Button icon="start" onClick={() => navigate({ view: 'run', image: reference })}>
            {t('action.run')}
          </Button>
          <IconButton
            icon="remove"
            label={t('action.remove')}
            hotkey="Backspace"
            onClick={() => actions.ask([reference], 'detail')}
          />
          <span className="detail-actions-line" />
          <IconButton
            icon={full ? 'shrink' : 'expand'}
            label={t(full ? 'action.leaveFull' : 'action.full')}
            hotkey={full ? 'Escape' : 'Enter'}
            onClick={() => navigate({ view: 'images', reference, ...(!full && { full: true }) })}
          />
          <IconButton
            icon="close"
            label={t('action.close')}
            hotkey="Escape"
            onClick={() => navigate({ view: 'images' })}
          />
        </span>
      </div>
      {question ? (
        <div className="question detail-question">
          <ImageRemovalPrompt question={question} />
        </div>
      ) : (
        <div className="detail-facts">
          <button type="button" className="copyable" onClick={() => void copyText(image.Id)}>
            <span className="visually-hidden">{t('action.copyId')}</span>
            {shortId(image.Id)}
          </button>
          {detail && (
            <span>
              {detail.os}/{detail.architecture}
            </span>
          )}
          <span>{formats.bytes(image.Size)}</span>
          {detail && <span>{t('images.layerCount', { count: detail.layers.length })}</span>}
        </div>
      )}
    </header>
  );
}

function Layers({ detail }: { detail: Detail }) {
  const { t } = useLanguage();
  return (
    <ol className="layers" aria-label={t('tab.layers')}>
      {detail.layers.map((layer, index) => (
        // The same layer may stand twice in an image.
        // oxlint-disable-next-line react/no-array-index-key
        <li className="layer" key={`${index}${layer}`}>
          <span className="layer-number">{index + 1}</span>
          <code className="truncate" title={layer}>
            {layer}
          </code>
          <IconButton
            size="small"
            icon="copy"
            label={t('images.copyDigest')}
            onClick={() => void copyText(layer)}
          />
        </li>
      ))}
    </ol>
  );
}

function Gone() {
  const { t } = useLanguage();
  return (
    <EmptyState
      icon="image"
      title={t('images.gone')}
      actions={<Button onClick={() => navigate({ view: 'images' })}>{t('action.close')}</Button>}
    />
  );
}
