public import FoundationEssentials
internal import PinionTensor

/// The software and hardware that produced a run's results.
public struct RunProvenance: Sendable, Equatable, Codable {
  /// Pinion's version.
  public var version: String
  /// The command line, quoted for a shell; nil if unknown.
  public var command: String?
  /// The start of the run in UTC, such as `2026-11-26 01:46:31`.
  public var date: String
  /// The processor's model name.
  public var processor: String
  /// The number of cores available to the process.
  public var cores: Int
  /// The version of OpenBLAS.
  public var blas: String
  /// The core type that OpenBLAS selected, such as `Haswell`.
  public var kernels: String

  public init(
    version: String, command: String?, date: String, processor: String, cores: Int, blas: String,
    kernels: String
  ) {
    self.version = version
    self.command = command
    self.date = date
    self.processor = processor
    self.cores = cores
    self.blas = blas
    self.kernels = kernels
  }

  /// Describes this process and machine.
  ///
  /// - Parameters:
  ///   - command: The program and its arguments; empty for none. Default: the process's own.
  ///   - date: The start of the run. Default: now.
  public static func current(
    command: [String] = CommandLine.arguments, date: Date = .now
  ) -> RunProvenance {
    RunProvenance(
      version: PinionVersion.text,
      command: command.isEmpty ? nil : command.map(quoted).joined(separator: " "),
      date: text(date), processor: Processor.name, cores: ThreadPool.availableCores,
      blas: BLAS.version, kernels: BLAS.core)
  }

  /// UTC with a resolution of a second; empty outside the years 1 to 9999.
  private static func text(_ date: Date) -> String {
    // The years 1 to 9999 in seconds since 1970.
    guard (-62_135_596_800..<253_402_300_800).contains(date.timeIntervalSince1970) else {
      return ""
    }
    return date.formatted(
      .iso8601.year().month().day().dateTimeSeparator(.space).time(
        includingFractionalSeconds: false))
  }

  /// The argument in single quotes if it contains characters that a shell interprets.
  private static func quoted(_ argument: String) -> String {
    let isPlain =
      !argument.isEmpty
      && argument.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-._/=:,+@%".utf8.contains(byte)
        }
      }
    guard !isPlain else { return argument }
    return "'"
      + argument.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }

  /// The environment as names and values for a page.
  var settings: [ExperimentReport.Setting] {
    [
      .init("Pinion", version),
      .init("Command", command ?? ""),
      .init("Date", date.isEmpty ? "" : "\(date) UTC"),
      .init("Processor", "\(processor), \(cores) \(cores == 1 ? "core" : "cores")"),
      .init("OpenBLAS", "\(blas), kernels for \(kernels)"),
    ].filter { !$0.value.isEmpty }
  }
}
