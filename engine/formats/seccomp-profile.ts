/**
 * The default seccomp profile: which system calls a container may make. What is not here fails with
 * EPERM. The set is the one dockerd resolves, so that programs behave the same; a test compares them.
 * Pure. Sources: seccomp(2), syscalls(2); moby `profiles/seccomp` for which calls are let through.
 */
import type { SeccompProfile, SeccompRule } from './seccomp.ts';

const ALLOWED = [
  /* Files and directories */
  `
    _llseek access cachestat chdir chmod chown chown32 close close_range copy_file_range creat dup
    dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat
    fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock
    fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64
    futimesat getcwd getdents getdents64 getxattr getxattrat ioctl lchown lchown32 lgetxattr link
    linkat listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat lstat64
    mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 pipe pipe2
    pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
    removexattr removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr
    setxattrat splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync
    sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat
    utimensat_time64 utimes vmsplice write writev
  `,
  /* Memory */
  `
    brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2
    mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free
    pkey_mprotect remap_file_pages
  `,
  /* Processes and scheduling */
  `
    execve execveat exit exit_group fork get_thread_area getcpu getpid getppid getpriority
    getrandom getrlimit getrusage gettid ioprio_get ioprio_set pidfd_open prlimit64
    process_mrelease restart_syscall riscv_hwprobe rseq sched_get_priority_max
    sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
    sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
    sched_setparam sched_setscheduler sched_yield set_thread_area set_tid_address setpriority
    setrlimit sysinfo ugetrlimit uname uretprobe vfork wait4 waitid waitpid
  `,
  /* Signals */
  `
    kill pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
    rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd
    signalfd4 sigprocmask sigreturn tgkill tkill
  `,
  /* Time and timers */
  `
    adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
    clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep
    setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
    timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
    timerfd_settime64 times
  `,
  /* Waiting and asynchronous work */
  `
    _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2
    epoll_wait epoll_wait_old eventfd eventfd2 fanotify_mark futex futex_requeue futex_time64
    futex_wait futex_waitv futex_wake get_robust_list inotify_add_watch inotify_init inotify_init1
    inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup
    io_submit poll ppoll ppoll_time64 pselect6 pselect6_time64 select set_robust_list
  `,
  /* Identity, privileges and sandboxing */
  `
    capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32
    getpgid getpgrp getresgid getresgid32 getresuid getresuid32 getsid getuid getuid32
    landlock_add_rule landlock_create_ruleset landlock_restrict_self prctl seccomp setfsgid
    setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setpgid setregid
    setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setsid setuid
    setuid32
  `,
  /* Sockets */
  `
    accept accept4 bind connect getpeername getsockname getsockopt listen mq_timedsend
    mq_timedsend_time64 pidfd_send_signal recv recvfrom recvmmsg recvmmsg_time64 recvmsg send
    sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair
  `,
  /* Messages, semaphores and shared memory */
  `
    ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_unlink msgctl
    msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt
    shmget
  `,
];

/** `personality` values that change no protection: Linux, 32-bit, UNAME26, both, and asking. */
const HARMLESS_PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** All CLONE_NEW* flags but CLONE_NEWTIME: a container makes no namespaces. */
const NAMESPACE_FLAGS = 0x7e020000;
const AF_VSOCK = 40;
const ENOSYS = 38;

/** Calls that come with a capability. */
const WITH_CAPABILITY: readonly [capability: string, calls: string][] = [
  ['CAP_DAC_READ_SEARCH', 'open_by_handle_at'],
  [
    'CAP_SYS_ADMIN',
    `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie
     lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree
     perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2
     unshare`,
  ],
  ['CAP_SYS_BOOT', 'reboot'],
  ['CAP_SYS_CHROOT', 'chroot'],
  ['CAP_SYS_MODULE', 'delete_module init_module finit_module'],
  ['CAP_SYS_PACCT', 'acct'],
  ['CAP_SYS_PTRACE', 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace'],
  ['CAP_SYS_RAWIO', 'iopl ioperm'],
  ['CAP_SYS_TIME', 'settimeofday stime clock_settime clock_settime64'],
  ['CAP_SYS_TTY_CONFIG', 'vhangup'],
  ['CAP_SYS_NICE', 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node'],
  ['CAP_SYSLOG', 'syslog'],
  ['CAP_BPF', 'bpf'],
  ['CAP_PERFMON', 'perf_event_open'],
];

/** Calls that only some processors have. */
const WITH_ARCHITECTURE: readonly [architectures: string, calls: string][] = [
  ['ppc64le', 'sync_file_range2 swapcontext'],
  [
    'arm arm64',
    'arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls',
  ],
  ['amd64 x32', 'arch_prctl'],
  ['amd64 x32 x86', 'modify_ldt'],
  ['s390 s390x', 's390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr'],
  ['riscv64', 'riscv_flush_icache'],
];

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function allow(calls: string, more: Partial<SeccompRule> = {}): SeccompRule {
  return { names: words(calls), action: 'SCMP_ACT_ALLOW', ...more };
}

/** clone without namespaces. On s390 the first two parameters change places. */
function cloneRule(index: number, onS390: boolean): SeccompRule {
  const s390 = { arches: ['s390', 's390x'] };
  return allow('clone', {
    args: [{ index, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
    ...(onS390 && { includes: s390 }),
    excludes: { caps: ['CAP_SYS_ADMIN'], ...(!onS390 && s390) },
  });
}

export const DEFAULT_SECCOMP_PROFILE: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  archMap: [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_S390X', subArchitectures: ['SCMP_ARCH_S390'] },
    { architecture: 'SCMP_ARCH_RISCV64', subArchitectures: [] },
  ],
  syscalls: [
    allow(ALLOWED.join(' ')),
    // Before 4.8 ptrace was a way around seccomp.
    allow('process_vm_readv process_vm_writev ptrace', { includes: { minKernel: '4.8' } }),
    allow('socket', { args: [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }] }),
    ...HARMLESS_PERSONALITIES.map((value) =>
      allow('personality', { args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] }),
    ),
    ...WITH_ARCHITECTURE.map(([architectures, calls]) =>
      allow(calls, { includes: { arches: words(architectures) } }),
    ),
    ...WITH_CAPABILITY.map(([capability, calls]) =>
      allow(calls, { includes: { caps: [capability] } }),
    ),
    cloneRule(0, false),
    cloneRule(1, true),
    // Its flags are behind a pointer, which seccomp cannot follow: libc falls back to clone on ENOSYS.
    {
      names: ['clone3'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: ENOSYS,
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    },
  ],
};
