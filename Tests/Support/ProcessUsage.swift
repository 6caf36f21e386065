internal import Foundation
internal import Glibc

/// The resources that this process has used since a moment; for processes with a single task, such
/// as an exit test's.
public struct ProcessUsage {
  private let startBytes: Int
  private let startSeconds: Double

  /// From now on.
  public init() throws {
    startBytes = try Self.residentBytes("VmRSS")
    startSeconds = Self.processorSeconds()
    // The peak starts from here.
    try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
  }

  /// The most memory at a time beyond that of the start.
  public var peakBytes: Int { get throws { try Self.residentBytes("VmHWM") - startBytes } }

  /// The processor's time, so that other programs do not count.
  public var seconds: Double { Self.processorSeconds() - startSeconds }

  /// What reading a file of a size took, if that is more than twice as much memory and 64 MiB, or
  /// more than a second a megabyte and one; else nil.
  public func excess(overFileOf size: Int) throws -> String? {
    let (bytes, seconds) = (try peakBytes, seconds)
    if bytes <= 2 * size + (64 << 20), seconds <= 1 + Double(size) / 1e6 { return nil }
    return "\(bytes) bytes and \(seconds) s for a file of \(size) bytes"
  }

  /// A size in the process's `/proc` entry.
  public static func residentBytes(_ name: String = "VmRSS") throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return (Int(line.filter(\.isNumber)) ?? 0) << 10
  }

  private static func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}
