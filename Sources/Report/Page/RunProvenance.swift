public import FoundationEssentials
internal import PinionTensor

/// Where the numbers of a run come from: the program that made them, and the machine.
public struct RunProvenance: Sendable, Equatable, Codable {
  /// Pinion's version.
  public var version: String
  /// The command line, as a shell would read it; nil if there was none.
  public var command: String?
  /// When the run began, in UTC: `2026-11-26 01:46:31`.
  public var date: String
  /// The processor's name.
  public var processor: String
  /// The number of cores that the process may use.
  public var cores: Int
  /// The version of OpenBLAS.
  public var blas: String
  /// The processors that OpenBLAS's kernels are made for, such as `Haswell`.
  public var kernels: String

  /// A run as described.
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

  /// This process on this machine.
  ///
  /// - Parameters:
  ///   - command: The program and its arguments; empty for none. Default: the process's own.
  ///   - date: When the run began. Default: now.
  public static func current(
    command: [String] = CommandLine.arguments, date: Date = .now
  ) -> RunProvenance {
    RunProvenance(
      version: PinionVersion.text,
      command: command.isEmpty ? nil : command.map(quoted).joined(separator: " "),
      date: text(date), processor: Processor.name, cores: ThreadPool.availableCores,
      blas: BLAS.version, kernels: BLAS.core)
  }

  /// In UTC to the second; of years that calendars do not agree on, nothing.
  private static func text(_ date: Date) -> String {
    // From the year 1 to the year 9999, in seconds since 1970.
    guard (-62_135_596_800..<253_402_300_800).contains(date.timeIntervalSince1970) else {
      return ""
    }
    return date.formatted(
      .iso8601.year().month().day().dateTimeSeparator(.space).time(
        includingFractionalSeconds: false))
  }

  /// An argument as a shell reads it back: in single quotes unless it has no character that means something.
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

  /// What a page says of it, name by name.
  var settings: [Setting] {
    [
      Setting("Pinion", version),
      Setting("Command", command ?? ""),
      Setting("Date", date.isEmpty ? "" : "\(date) UTC"),
      Setting("Processor", "\(processor), \(cores) \(cores == 1 ? "core" : "cores")"),
      Setting("OpenBLAS", "\(blas), kernels for \(kernels)"),
    ].filter { !$0.value.isEmpty }
  }
}

/// Something that a run was given, such as its seed.
public struct Setting: Sendable, Equatable, Codable {
  /// What it is.
  public var name: String
  /// What was chosen.
  public var value: String

  /// A name and a value.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
