internal import FoundationEssentials
internal import Glibc

package enum Processor {
  /// The processor's name in /proc/cpuinfo, such as `AMD EPYC 7B13`; the name of the architecture
  /// if there is none, as on ARM.
  package static var name: String {
    let lines = try? String(contentsOf: URL(filePath: "/proc/cpuinfo"), encoding: .utf8)
      .split(separator: "\n")
    let line = lines?.first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.drop { $0 == " " }
    return name.map { String($0) } ?? architecture
  }

  private static var architecture: String {
    var system = utsname()
    guard unsafe uname(&system) == 0 else { return "unknown processor" }
    return unsafe withUnsafeBytes(of: &system.machine) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// The CPU quota of Linux control groups, in cores, as set by `docker run --cpus`, Kubernetes's
/// `limits.cpu` and systemd's `CPUQuota`.
///
/// Version 2 has "quota period" or "max period" in `cpu.max`, version 1 has quota, or −1, and
/// period in two files. A group's quota limits its descendants, so the smallest quota from the
/// process's group up to the mount applies.
struct CPUQuota: Sendable {
  /// Reads a file; nil if it cannot be read.
  let contents: @Sendable (_ path: String) -> String?

  /// Such as 0.5 or 2; nil without a quota.
  var cores: Double? {
    guard let groups = contents("/proc/self/cgroup"), let mounts = contents("/proc/self/mountinfo")
    else { return nil }
    let hierarchies = mounts.split(separator: "\n").compactMap { Mount($0) }
    var smallest: Double?
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isUnified = fields[1].isEmpty
      guard isUnified || fields[1].split(separator: ",").contains("cpu"),
        let mount = hierarchies.first(where: { $0.isUnified == isUnified })
      else { continue }
      for folder in mount.folders(of: fields[2]) {
        guard let quota = isUnified ? unified(folder) : legacy(folder) else { continue }
        smallest = min(smallest ?? quota, quota)
      }
    }
    return smallest
  }

  private func unified(_ folder: String) -> Double? {
    guard let numbers = contents(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace),
      numbers.count == 2, let quota = Double(numbers[0]), let period = Double(numbers[1])
    else { return nil }
    return quota > 0 && period > 0 ? quota / period : nil
  }

  private func legacy(_ folder: String) -> Double? {
    func number(_ name: String) -> Double? {
      contents(folder + "/" + name).flatMap {
        Double($0.prefix { !$0.isWhitespace })
      }
    }
    guard let quota = number("cpu.cfs_quota_us"), let period = number("cpu.cfs_period_us")
    else { return nil }
    return quota > 0 && period > 0 ? quota / period : nil
  }

  /// The mount of a hierarchy of groups with quotas: a line of `/proc/self/mountinfo`.
  private struct Mount {
    let isUnified: Bool
    /// The group mounted at `point`.
    private let root: Substring
    private let point: Substring

    init?(_ line: Substring) {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else {
        return nil
      }
      switch fields[dash + 1] {
      case "cgroup2": isUnified = true
      case "cgroup" where fields[dash + 3].split(separator: ",").contains("cpu"): isUnified = false
      default: return nil
      }
      (root, point) = (fields[3], fields[4])
    }

    /// The folders of a group and its ancestors within the mount.
    func folders(of group: Substring) -> [String] {
      var path = group
      if root != "/" {
        path = group.hasPrefix(root) ? group.dropFirst(root.count) : "/"
      }
      let names = path.split(separator: "/")
      return (0...names.count).map { ([point] + names.prefix($0)).joined(separator: "/") }
    }
  }

  /// The quota of this process.
  static let current = CPUQuota(contents: { read($0) })

  private static func read(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "re") else { return nil }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var count = 0
    while count < bytes.count {
      let more = unsafe bytes.withUnsafeMutableBytes {
        unsafe fread($0.baseAddress! + count, 1, $0.count - count, file)
      }
      if more == 0 { break }
      count += more
    }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}

public enum PinionVersion {
  /// The version, as in the changelog.
  public static let text = "0.1.0-dev"
}
