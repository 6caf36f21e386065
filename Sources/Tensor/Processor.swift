internal import FoundationEssentials
internal import Glibc

/// The machine's processor.
package enum Processor {
  /// Its name as Linux gives it, such as `AMD EPYC 7B13`; the architecture's where Linux gives none, as on ARM.
  package static var name: String {
    let lines = try? String(contentsOf: URL(filePath: "/proc/cpuinfo"), encoding: .utf8)
      .split(separator: "\n")
    let line = lines?.first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.drop { $0 == " " }
    return name.map { String($0) } ?? architecture
  }

  private static var architecture: String {
    var system = utsname()
    guard uname(&system) == 0 else { return "unknown processor" }
    return withUnsafeBytes(of: &system.machine) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
