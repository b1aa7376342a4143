/** Name, state, actions, image, ID, uptime and ports of the open container. */
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import { useActions } from '../../app/actions-context.tsx';
import { formatRoute, navigate } from '../../app/router.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { IconButton } from '../../components/button.tsx';
import { copyText } from '../../components/copy.ts';
import { MenuButton, type MenuItem } from '../../components/menu.tsx';
import { StatusDot } from '../../components/status-dot.tsx';
import { Tooltip } from '../../components/tooltip.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { useImages } from '../images/store.ts';
import { Ports } from './ports.tsx';
import { RemovalPrompt } from './removal-prompt.tsx';
import {
  addressOf,
  can,
  isAlive,
  nameOf,
  publishedPorts,
  shortId,
  stateTextKey,
  toneOf,
} from './state.ts';
import { StatusText } from './status-text.tsx';
import { useContainers } from './store.ts';
import { useContainersView } from './view-store.ts';

interface ContainerHeaderProps {
  readonly container: WatchedContainer;
  readonly full: boolean;
}

export function ContainerHeader({ container, full }: ContainerHeaderProps) {
  const { t } = useLanguage();
  const { Id: id } = container;
  const pending = useContainers((state) => state.pending.get(id));
  const isAsked = useContainersView(
    ({ question }) => question?.place === 'detail' && question.ids.includes(id),
  );
  const tone = toneOf(container, pending);
  return (
    <header className="detail-header">
      <div className="detail-title">
        <StatusDot tone={tone} />
        <h2 className="truncate" title={nameOf(container)}>
          {nameOf(container)}
        </h2>
        <span className={`pill pill-${tone}`}>{t(stateTextKey(container, pending))}</span>
        <HeaderActions container={container} full={full} isBusy={pending !== undefined} />
      </div>
      {isAsked ? (
        <div className="question detail-question">
          <RemovalPrompt ids={[id]} />
        </div>
      ) : (
        <div className="detail-facts">
          <ImageLink container={container} />
          <Tooltip text={t('action.copyId')}>
            <button type="button" className="copyable" onClick={() => void copyText(id)}>
              <span className="visually-hidden">{t('action.copyId')}</span>
              {shortId(id)}
            </button>
          </Tooltip>
          <span className="detail-status">
            <StatusText container={container} long />
          </span>
          <Ports container={container} />
        </div>
      )}
    </header>
  );
}

function ImageLink({ container }: { container: WatchedContainer }) {
  const known = useImages((state) => state.byId.get(container.ImageID));
  if (!known) return <code className="truncate">{container.Image}</code>;
  const tags = known.RepoTags;
  const reference = tags.find((tag) => tag === container.Image) ?? tags[0] ?? known.Id;
  return (
    <a className="detail-image truncate" href={formatRoute({ view: 'images', reference })}>
      {container.Image}
    </a>
  );
}

function HeaderActions(props: ContainerHeaderProps & { readonly isBusy: boolean }) {
  const { container, full, isBusy } = props;
  const { t } = useLanguage();
  const bridge = useBridge();
  const { containers: actions } = useActions();
  const { Id: id } = container;
  const address = publishedPorts(container).map(addressOf).find(Boolean);
  const isRunning = isAlive(container);
  return (
    <span className="detail-actions">
      <IconButton
        icon={isRunning ? 'stop' : 'start'}
        label={t(isRunning ? 'action.stop' : 'action.start')}
        hotkey="s"
        disabled={isBusy || !can(isRunning ? 'stop' : 'start', container)}
        onClick={() => void actions.act(isRunning ? 'stop' : 'start', [id])}
      />
      <IconButton
        icon="restart"
        label={t('action.restart')}
        hotkey="r"
        disabled={isBusy || !can('restart', container)}
        onClick={() => void actions.act('restart', [id])}
      />
      {address && (
        <IconButton
          icon="external"
          label={t('action.openInBrowser')}
          onClick={() => void bridge.call('external.open', { url: address })}
        />
      )}
      <IconButton
        icon="remove"
        label={t('action.remove')}
        hotkey="Backspace"
        onClick={() => actions.remove([id], 'detail')}
      />
      <MoreMenu container={container} />
      <span className="detail-actions-line" />
      <IconButton
        icon={full ? 'shrink' : 'expand'}
        label={t(full ? 'action.leaveFull' : 'action.full')}
        hotkey={full ? 'Escape' : 'Enter'}
        onClick={() => toggleFull(!full)}
      />
      <IconButton
        icon="close"
        label={t('action.close')}
        hotkey="Escape"
        onClick={() => navigate({ view: 'containers' })}
      />
    </span>
  );
}

function MoreMenu({ container }: { container: WatchedContainer }) {
  const { t } = useLanguage();
  const { containers: actions } = useActions();
  const { Id: id } = container;
  const isPaused = container.State === 'paused';
  const verb = isPaused ? 'unpause' : 'pause';
  const items: MenuItem[] = [
    {
      label: t(isPaused ? 'action.resume' : 'action.pause'),
      icon: isPaused ? 'start' : 'pause',
      hotkey: 'p',
      disabled: !can(verb, container),
      run: () => void actions.act(verb, [id]),
    },
    {
      label: t('action.kill'),
      icon: 'close',
      disabled: !can('kill', container),
      run: () => void actions.act('kill', [id]),
    },
    'line',
    {
      label: t('action.runAnother'),
      icon: 'plus',
      run: () => navigate({ view: 'run', image: container.Image }),
    },
    { label: t('action.copyId'), icon: 'copy', run: () => void copyText(id) },
    { label: t('action.copyName'), icon: 'copy', run: () => void copyText(nameOf(container)) },
  ];
  return (
    <MenuButton label={t('action.more')} items={items}>
      {(open, isOpen) => (
        <IconButton
          icon="more"
          label={t('action.more')}
          aria-haspopup="menu"
          aria-expanded={isOpen}
          onClick={(event) => open(event.currentTarget)}
        />
      )}
    </MenuButton>
  );
}

function toggleFull(full: boolean): void {
  const path = window.location.hash.replace(/\?full$/, '');
  window.location.hash = full ? `${path}?full` : path;
}
