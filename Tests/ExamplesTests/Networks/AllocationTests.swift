import ExampleNetworks
import Foundation
import Testing

/// Counts the allocations of the report's networks in steady state, in a program with an
/// instrumented `malloc`.
@Suite(.timeLimit(.minutes(10))) struct AllocationTests {
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "allocation-probe")

  /// The words of each line that the program prints.
  private func lines(_ arguments: [String] = []) throws -> [[Substring]] {
    let process = Process()
    process.executableURL = Self.program
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return text.split(separator: "\n").map { $0.split(separator: " ") }
  }

  @Test func trainingStepsAllocateNothing() throws {
    let lines = try lines()
    #expect(lines.count == ReportNetwork.allCases.count + 1)
    // Matrix products of shapes for which OpenBLAS's AVX-512 kernels would allocate.
    #expect(lines.last == ["products", "0", "0"])
    for line in lines.dropLast() {
      try #require(line.count == 3)
      #expect(line[1] == "0", "a step of \(line[0])")
      // The outputs are a new tensor, which also shows that allocations are counted.
      let prediction = try #require(Int(line[2]))
      #expect((1...4).contains(prediction), "a prediction of \(line[0])")
    }
  }

  /// Plans of many sizes of batches do not outweigh the memory that they share.
  @Test func predictorsKeepLittleMoreThanTheirLargestCallNeeds() throws {
    let lines = try lines(["predictors"])
    #expect(lines.count == 6)
    for line in lines {
      try #require(line.count == 3)
      let (most, kept) = (try #require(Int(line[1])), try #require(Int(line[2])))
      #expect(most > 10_000 && kept >= most, "\(line[0])")
      #expect(kept <= most * 3 / 2 + 1 << 17, "\(line[0]): \(kept) of \(most) bytes")
    }
  }
}
