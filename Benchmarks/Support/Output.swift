package import FoundationEssentials
internal import PinionTensor

/// A table of right-aligned numbers.
package enum Table {
  private static let width = 9

  /// A blank line, a title and column names.
  package static func heading(_ title: String, of columns: [String], share: Bool = true) -> String {
    let rates = ["min", "median", "max"] + (share ? ["of peak"] : [])
    return "\n\(title)\n\(row(columns + rates))"
  }

  /// A table row.
  package static func line(
    _ columns: [String], _ rate: Rate, share: Double? = nil, note: String = ""
  ) -> String {
    var cells = columns + [rate.minimum, rate.median, rate.maximum].map { fixed($0) }
    if let share { cells.append("\(fixed(100 * share)) %") }
    return row(cells) + (note.isEmpty ? "" : "   \(note)")
  }

  private static func row(_ cells: [String]) -> String {
    cells.map { String(repeating: " ", count: max(1, width - $0.count)) + $0 }.joined()
  }

  /// One decimal.
  package static func fixed(_ number: Double) -> String {
    let tenths = Int((abs(number) * 10).rounded())
    return "\(number < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }
}

/// A description of the machine.
package enum Machine {
  /// Processor, cores and OpenBLAS in one line.
  package static var description: String {
    let cores = ThreadPool.availableCores
    return "\(processorName), \(cores) \(cores == 1 ? "core" : "cores"); OpenBLAS \(BLAS.version), "
      + "kernels for \(BLAS.core)"
  }

  package static var processorName: String { Processor.name }

  /// Prints the description, and a warning in debug builds.
  package static func printDescription() {
    print(description)
    #if DEBUG
    print("Warning: debug builds are not representative. Use swift run -c release.")
    #endif
  }
}

/// The OpenBLAS library in use.
package struct BLASDescription: Encodable, Sendable {
  package var version = BLAS.version
  /// The core type of its kernels.
  package var core = BLAS.core
  package var configuration = BLAS.configuration

  package init() {}
}

/// JSON files of results.
package enum JSONFile {
  /// Writes a value with sorted keys, atomically.
  package static func write(_ value: some Encodable, to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(value) + Data("\n".utf8), to: url)
  }
}
