//! Which system calls a container may make: Docker's default, as its profile of 2026 has it.
//!
//! A call that is known and not listed fails with EPERM, one the profile does not know with ENOSYS, so that programs fall
//! back to older calls as they would on an older kernel.

use sandbox_shim::Capabilities;

/// What any container may call.
pub(super) const ALWAYS: &str = "\
    _llseek _newselect accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget \
    capset chdir chmod chown chown32 clock_adjtime clock_adjtime64 clock_getres \
    clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 close \
    close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl \
    epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve \
    execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark \
    fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr \
    flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync \
    ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake \
    futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 \
    geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp \
    getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit \
    getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr \
    getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy \
    io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set \
    ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 \
    lgetxattr link linkat listen listmount listxattr listxattrat llistxattr lremovexattr lseek \
    lsetxattr lstat lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore \
    mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr \
    mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 \
    mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap \
    name_to_handle_at nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal \
    pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv \
    preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 \
    ptrace pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg \
    recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2 \
    restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo \
    rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo \
    sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam \
    sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity \
    sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop \
    semtimedop semtimedop_time64 sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list \
    set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 \
    setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 \
    setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr \
    setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask \
    sigreturn socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink \
    symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete \
    timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create \
    timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate \
    truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat utimensat_time64 \
    utimes vfork vmsplice wait4 waitid waitpid write writev";

/// What a container may call besides, for each capability in its bounding set.
pub(super) const BY_CAPABILITY: &[(u32, &str)] = &[
    // CAP_DAC_READ_SEARCH
    (2, "open_by_handle_at"),
    // CAP_SYS_MODULE
    (16, "delete_module init_module finit_module"),
    // CAP_SYS_RAWIO
    (17, "iopl ioperm"),
    // CAP_SYS_CHROOT
    (18, "chroot"),
    // CAP_SYS_PTRACE
    (19, "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
    // CAP_SYS_PACCT
    (20, "acct"),
    // CAP_SYS_ADMIN
    (
        SYS_ADMIN,
        "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr \
         lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl \
         quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
    ),
    // CAP_SYS_BOOT
    (22, "reboot"),
    // CAP_SYS_NICE
    (23, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
    // CAP_SYS_TIME
    (25, "settimeofday stime clock_settime clock_settime64"),
    // CAP_SYS_TTY_CONFIG
    (26, "vhangup"),
    // CAP_SYSLOG
    (34, "syslog"),
    // CAP_PERFMON
    (38, "perf_event_open"),
    // CAP_BPF
    (39, "bpf"),
];

const SYS_ADMIN: u32 = 21;

/// Flags that make clone create namespaces; a container without `CAP_SYS_ADMIN` may not set any.
pub(super) const CLONE_NAMESPACES: u32 = 0x7e02_0000;

/// The execution domains `personality` may choose: Linux, 32-bit addresses, uname26, both, and the question.
pub(super) const PERSONALITIES: &[u32] = &[0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// Socket families that are refused: unspecified, those the kernel no longer has (DECnet, Econet, ATM SVC, IrDA, Wanpipe,
/// ISDN, CAIF), the kernel's cryptography (38) and virtual machine sockets (40), which reach past namespaces.
pub(super) const REFUSED_FAMILIES: &[u32] = &[0, 12, 19, 20, 23, 25, 34, 37, 38, 40];

/// The last socket family that is allowed (MCTP).
pub(super) const FAMILY_MAX: u32 = 45;

/// Tells whether clone may create namespaces, and whether clone3, whose flags a filter cannot see, is allowed.
pub(super) fn may_create_namespaces(bounding: Capabilities) -> bool {
    bounding.bits() & (1 << SYS_ADMIN) != 0
}
