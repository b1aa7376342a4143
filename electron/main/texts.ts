/** What menus, tray and notifications say, in both languages. The window's own texts are its own. */
import type { Settings, Task } from '../ipc/contract.ts';

export type Language = 'en' | 'zh';

const en = {
  open: 'Open Gantry',
  quit: 'Quit',
  file: 'File',
  edit: 'Edit',
  view: 'View',
  window: 'Window',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  selectAll: 'Select All',
  reload: 'Reload',
  developerTools: 'Developer Tools',
  actualSize: 'Actual Size',
  zoomIn: 'Zoom In',
  zoomOut: 'Zoom Out',
  fullScreen: 'Full Screen',
  minimize: 'Minimize',
  close: 'Close Window',
  engineReady: 'Engine running',
  engineStarting: 'Engine starting …',
  engineFailed: 'Engine not running',
  engineLost: 'Engine gone',
  runningCount: (count: number) => `Running: ${count}`,
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  recent: 'Stopped',
  pullDone: (task: Task) => ({ title: 'Pull finished', body: task.subject }),
  pullFailed: (task: Task) => ({ title: `Pull failed: ${task.subject}`, body: task.error ?? '' }),
};

export type Texts = typeof en;

const zh: Texts = {
  open: '打开 Gantry',
  quit: '退出',
  file: '文件',
  edit: '编辑',
  view: '视图',
  window: '窗口',
  undo: '撤销',
  redo: '重做',
  cut: '剪切',
  copy: '复制',
  paste: '粘贴',
  selectAll: '全选',
  reload: '重新加载',
  developerTools: '开发者工具',
  actualSize: '实际大小',
  zoomIn: '放大',
  zoomOut: '缩小',
  fullScreen: '全屏',
  minimize: '最小化',
  close: '关闭窗口',
  engineReady: '引擎运行中',
  engineStarting: '引擎正在启动…',
  engineFailed: '引擎未运行',
  engineLost: '引擎已断开',
  runningCount: (count) => `运行中:${count}`,
  start: '启动',
  stop: '停止',
  restart: '重启',
  recent: '已停止',
  pullDone: (task) => ({ title: '拉取完成', body: task.subject }),
  pullFailed: (task) => ({ title: `拉取失败:${task.subject}`, body: task.error ?? '' }),
};

/** The texts for a language setting on a system that speaks `systemLanguage` (BCP 47). */
export function textsFor(setting: Settings['language'], systemLanguage: string): Texts {
  const system: Language = /^zh\b/i.test(systemLanguage) ? 'zh' : 'en';
  return { en, zh }[setting === 'system' ? system : setting];
}
