/**
 * Everything the palette offers, built when it opens: going somewhere, acting on what is open or
 * chosen, settings, and every container and image by name.
 */
import { useMemo } from 'react';
import { useBridge } from '../bridge/bridge-context.tsx';
import type { IconName } from '../components/icon.tsx';
import { addressOf, can, isAlive, nameOf, publishedPorts } from '../features/containers/state.ts';
import { useContainers, type ContainerVerb } from '../features/containers/store.ts';
import { useContainersView } from '../features/containers/view-store.ts';
import { tagsOf } from '../features/images/rows.ts';
import { useImages } from '../features/images/store.ts';
import { useImagesView } from '../features/images/view-store.ts';
import { changeSettings } from '../features/settings/store.ts';
import { useLanguage } from '../messages/language-context.tsx';
import type { MessageKey } from '../messages/translate.ts';
import { useActions } from './actions-context.tsx';
import { KEYMAP } from './keymap.ts';
import { navigate, useRoute, type Route } from './router.ts';

export interface Command {
  readonly id: string;
  readonly section: MessageKey;
  readonly title: string;
  readonly note?: string;
  readonly icon: IconName;
  readonly hotkey?: string;
  readonly run: () => void;
}

export function useCommands(openShortcuts: () => void): readonly Command[] {
  const acting = useActingCommands();
  const going = useGoingCommands();
  const setting = useSettingCommands(openShortcuts);
  const containers = useContainerCommands();
  const images = useImageCommands();
  return useMemo(
    () => [...acting, ...going, ...containers, ...images, ...setting],
    [acting, going, containers, images, setting],
  );
}

/** What the open or chosen containers, or the open image, can be asked. */
function useActingCommands(): readonly Command[] {
  const { t } = useLanguage();
  const { containers, images } = useActions();
  const bridge = useBridge();
  const route = useRoute();
  const byId = useContainers((state) => state.byId);
  const selection = useContainersView((view) => view.selection);
  const imageCursor = useImagesView((view) => view.selection.cursor);
  return useMemo(() => {
    const commands: Command[] = [];
    if (route.view === 'containers') {
      const ids =
        selection.chosen.size > 0 ? [...selection.chosen] : [route.id ?? selection.cursor];
      const targets = ids.flatMap((id) => byId.get(id ?? '') ?? []);
      const [first] = targets;
      if (!first) return commands;
      const name =
        targets.length === 1 ? nameOf(first) : t('bulk.count', { count: targets.length });
      const add = (verb: Exclude<ContainerVerb, 'remove'>, icon: IconName, hotkey?: string) => {
        if (!targets.some((target) => can(verb, target))) return;
        commands.push({
          id: verb,
          section: 'palette.actions',
          title: t('palette.verb', { verb: t(VERB_TEXT[verb]), name }),
          icon,
          ...(hotkey ? { hotkey } : {}),
          run: () =>
            void containers.act(
              verb,
              targets.map((target) => target.Id),
            ),
        });
      };
      add('start', 'start', 's');
      add('stop', 'stop', 's');
      add('restart', 'restart', 'r');
      add('pause', 'pause', 'p');
      add('unpause', 'start', 'p');
      add('kill', 'close');
      const base = { section: 'palette.actions' } as const;
      if (targets.length === 1) {
        const { Id: id } = first;
        const tab = (which: 'logs' | 'terminal' | 'inspect', icon: IconName, hotkey: string) =>
          commands.push({
            ...base,
            id: which,
            title: t('palette.verb', { verb: t(`tab.${which}`), name }),
            icon,
            hotkey,
            run: () => navigate({ view: 'containers', id, tab: which }),
          });
        tab('logs', 'logs', 'l');
        if (isAlive(first)) tab('terminal', 'terminal', 't');
        tab('inspect', 'braces', 'i');
        for (const port of publishedPorts(first)) {
          const address = addressOf(port);
          if (address)
            commands.push({
              ...base,
              id: address,
              title: t('palette.open', { address }),
              icon: 'external',
              run: () => void bridge.call('external.open', { url: address }),
            });
        }
      }
      commands.push({
        ...base,
        id: 'remove',
        title: t('palette.verb', { verb: t('action.remove'), name }),
        icon: 'remove',
        hotkey: 'Backspace',
        run: () =>
          containers.remove(
            targets.map((target) => target.Id),
            selection.chosen.size > 1 ? 'bulk' : route.id ? 'detail' : 'row',
          ),
      });
    }
    if (route.view === 'images') {
      const key = route.reference ?? imageCursor;
      if (key)
        commands.push(
          {
            id: 'run-image',
            section: 'palette.actions',
            title: t('palette.verb', { verb: t('action.run'), name: key }),
            icon: 'start',
            hotkey: 'r',
            run: () => navigate({ view: 'run', image: key }),
          },
          {
            id: 'remove-image',
            section: 'palette.actions',
            title: t('palette.verb', { verb: t('action.remove'), name: key }),
            icon: 'remove',
            hotkey: 'Backspace',
            run: () => images.ask([key], route.reference ? 'detail' : 'row'),
          },
        );
    }
    return commands;
  }, [t, route, byId, selection, imageCursor, containers, images, bridge]);
}

function useGoingCommands(): readonly Command[] {
  const { t } = useLanguage();
  return useMemo(() => {
    const go = (to: Route, title: MessageKey, icon: IconName, hotkey?: string): Command => ({
      id: `go ${to.view}`,
      section: 'palette.go',
      title: t(title),
      icon,
      ...(hotkey ? { hotkey } : {}),
      run: () => navigate(to),
    });
    return [
      go({ view: 'run' }, 'run.title', 'plus', KEYMAP.run.keys[0]),
      { ...go({ view: 'images' }, 'palette.pull', 'download'), id: 'pull', run: goToPull },
      go({ view: 'containers' }, 'nav.containers', 'container', KEYMAP.goContainers.keys[0]),
      go({ view: 'images' }, 'nav.images', 'image', KEYMAP.goImages.keys[0]),
      go({ view: 'activity' }, 'nav.activity', 'activity', KEYMAP.goActivity.keys[0]),
      go({ view: 'settings' }, 'nav.settings', 'settings', KEYMAP.goSettings.keys[0]),
      go({ view: 'engine' }, 'engine.title', 'info'),
    ];
  }, [t]);
}

/** The field is there once the view has been drawn. */
function goToPull(): void {
  navigate({ view: 'images' });
  setTimeout(() => document.querySelector<HTMLElement>('[data-pull-field]')?.focus(), 50);
}

function useSettingCommands(openShortcuts: () => void): readonly Command[] {
  const { t } = useLanguage();
  const bridge = useBridge();
  return useMemo(() => {
    const set = (title: string, icon: IconName, run: () => void): Command => ({
      id: title,
      section: 'nav.settings',
      title,
      icon,
      run,
    });
    const theme = (value: 'system' | 'light' | 'dark', icon: IconName) =>
      set(
        t('palette.theme', { theme: t(`settings.${value}`) }),
        icon,
        () => void changeSettings(bridge, { theme: value }),
      );
    const language = (value: 'en' | 'zh', name: string) =>
      set(
        t('palette.language', { language: name }),
        'settings',
        () => void changeSettings(bridge, { language: value }),
      );
    return [
      set(t('keys.shortcuts'), 'keyboard', openShortcuts),
      theme('light', 'sun'),
      theme('dark', 'moon'),
      theme('system', 'settings'),
      language('en', 'English'),
      language('zh', '简体中文'),
    ];
  }, [t, bridge, openShortcuts]);
}

function useContainerCommands(): readonly Command[] {
  const byId = useContainers((state) => state.byId);
  return useMemo(
    () =>
      [...byId.values()].map((container) => ({
        id: container.Id,
        section: 'nav.containers' as const,
        title: nameOf(container),
        note: container.Image,
        icon: 'container' as const,
        run: () => navigate({ view: 'containers', id: container.Id }),
      })),
    [byId],
  );
}

function useImageCommands(): readonly Command[] {
  const byId = useImages((state) => state.byId);
  return useMemo(
    () =>
      [...byId.values()].flatMap((image) =>
        tagsOf(image).map((reference) => ({
          id: `image ${reference}`,
          section: 'nav.images' as const,
          title: reference,
          icon: 'image' as const,
          run: () => navigate({ view: 'images', reference }),
        })),
      ),
    [byId],
  );
}

const VERB_TEXT = {
  start: 'action.start',
  stop: 'action.stop',
  restart: 'action.restart',
  kill: 'action.kill',
  pause: 'action.pause',
  unpause: 'action.resume',
} as const satisfies Record<Exclude<ContainerVerb, 'remove'>, MessageKey>;
