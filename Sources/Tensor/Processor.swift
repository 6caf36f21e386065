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

public enum PinionVersion {
  /// The version, as in the changelog.
  public static let text = "0.1.0-dev"
}
