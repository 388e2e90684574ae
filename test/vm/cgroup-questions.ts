/** Before and after the inspector, what the guest says of its cgroups. They are idle, so both are the same. */
export const cgroupQuestions = {
  cgroupsBefore: 'sh /etc/show-cgroups.sh',
  cgroupUsage: 'kdump-inspect usage --by cgroup --top all --json',
  cgroupsAfter: 'sh /etc/show-cgroups.sh',
} as const;
