import Testing

@testable import PinionTensor

@Suite struct CPUQuotaTests {
  private static let unifiedMount =
    "29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
  private static let legacyMounts = """
    30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 none rw
    33 25 0:29 /docker/7 /sys/fs/cgroup/cpu,cpuacct rw master:14 - cgroup cgroup rw,cpu,cpuacct
    34 25 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset

    """

  private func cores(_ files: [String: String]) -> Double? {
    CPUQuota(contents: { files[$0] }).cores
  }

  private func unified(_ group: String, _ files: [String: String]) -> Double? {
    cores(
      files.merging([
        "/proc/self/cgroup": "0::\(group)\n", "/proc/self/mountinfo": Self.unifiedMount,
      ]) { first, _ in first })
  }

  @Test func aContainersGroupIsTheRoot() {
    #expect(unified("/", ["/sys/fs/cgroup/cpu.max": "50000 100000\n"]) == 0.5)
    #expect(unified("/", ["/sys/fs/cgroup/cpu.max": "max 100000\n"]) == nil)
    #expect(unified("/", [:]) == nil)
  }

  @Test func theSmallestQuotaOnTheWayUpCounts() {
    let files = [
      "/sys/fs/cgroup/a.slice/b.service/cpu.max": "400000 100000\n",
      "/sys/fs/cgroup/a.slice/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/other/cpu.max": "1000 100000\n",
    ]
    #expect(unified("/a.slice/b.service", files) == 1.5)
  }

  @Test func versionOneCountsFromTheGroupThatIsMounted() {
    func quota(_ value: String) -> Double? {
      cores([
        "/proc/self/cgroup": "5:cpuset:/docker/7\n3:cpu,cpuacct:/docker/7/job\n0::/\n",
        "/proc/self/mountinfo": Self.legacyMounts,
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "\(value)\n",
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
      ])
    }
    #expect(quota("250000") == 2.5)
    #expect(quota("-1") == nil)
  }

  @Test(arguments: ["", "x", "100000", "0 100000", "-5 100000", "100000 0", "nan nan", "1 2 3"])
  func whatIsNoQuotaIsNone(contents: String) {
    #expect(unified("/", ["/sys/fs/cgroup/cpu.max": contents]) == nil)
  }

  @Test func thePoolHasNoMoreThreadsThanCoresAreGranted() {
    #expect(ThreadPool.availableCores >= 1)
    if let quota = CPUQuota.current.cores {
      #expect(Double(ThreadPool.availableCores) < quota + 1)
    }
  }
}
