/** The numbers of a system call. */
export interface SystemCall {
  readonly x64: number;
  /** Undefined if the architecture has no such call. */
  readonly arm64?: number;
}

/**
 * System calls that fail with EPERM in a sandbox: the dangerous ones among those that Docker's default profile denies
 * to a container without capabilities, and those that access other processes.
 *
 * Keep in step with docs/isolation.md.
 */
export const deniedSystemCalls: Readonly<Record<string, SystemCall>> = {
  // Kernel keyrings belong to the user and are not separated by namespaces.
  add_key: { x64: 248, arm64: 217 },
  keyctl: { x64: 250, arm64: 219 },
  request_key: { x64: 249, arm64: 218 },

  // Parts of the kernel in which most container escapes were found.
  bpf: { x64: 321, arm64: 280 },
  io_uring_enter: { x64: 426, arm64: 426 },
  io_uring_register: { x64: 427, arm64: 427 },
  io_uring_setup: { x64: 425, arm64: 425 },
  perf_event_open: { x64: 298, arm64: 241 },
  userfaultfd: { x64: 323, arm64: 282 },

  // Namespaces and mounts; a new user namespace would give a process capabilities again.
  fsconfig: { x64: 431, arm64: 431 },
  fsmount: { x64: 432, arm64: 432 },
  fsopen: { x64: 430, arm64: 430 },
  fspick: { x64: 433, arm64: 433 },
  mount: { x64: 165, arm64: 40 },
  mount_setattr: { x64: 442, arm64: 442 },
  move_mount: { x64: 429, arm64: 429 },
  open_tree: { x64: 428, arm64: 428 },
  pivot_root: { x64: 155, arm64: 41 },
  setns: { x64: 308, arm64: 268 },
  umount2: { x64: 166, arm64: 39 },
  unshare: { x64: 272, arm64: 97 },

  // Access to the memory and descriptors of other processes, such as the one that has the sandbox's tokens.
  kcmp: { x64: 312, arm64: 272 },
  pidfd_getfd: { x64: 438, arm64: 438 },
  process_vm_readv: { x64: 310, arm64: 270 },
  process_vm_writev: { x64: 311, arm64: 271 },
  ptrace: { x64: 101, arm64: 117 },

  // Control of the machine itself.
  acct: { x64: 163, arm64: 89 },
  delete_module: { x64: 176, arm64: 106 },
  finit_module: { x64: 313, arm64: 273 },
  init_module: { x64: 175, arm64: 105 },
  ioperm: { x64: 173 },
  iopl: { x64: 172 },
  kexec_file_load: { x64: 320, arm64: 294 },
  kexec_load: { x64: 246, arm64: 104 },
  name_to_handle_at: { x64: 303, arm64: 264 },
  open_by_handle_at: { x64: 304, arm64: 265 },
  quotactl: { x64: 179, arm64: 60 },
  quotactl_fd: { x64: 443, arm64: 443 },
  reboot: { x64: 169, arm64: 142 },
  swapoff: { x64: 168, arm64: 225 },
  swapon: { x64: 167, arm64: 224 },
  syslog: { x64: 103, arm64: 116 },
  vhangup: { x64: 153, arm64: 58 },
};

/** Denied only with flags for new namespaces, because starting processes and threads needs it. */
export const clone: Required<SystemCall> = { x64: 56, arm64: 220 };

/** Fails with ENOSYS, so that libraries use `clone`: a filter cannot read its flags, which are in memory. */
export const clone3: Required<SystemCall> = { x64: 435, arm64: 435 };

/** Denied for VM sockets, which reach the host of a virtual machine despite network namespaces. */
export const socket: Required<SystemCall> = { x64: 41, arm64: 198 };
