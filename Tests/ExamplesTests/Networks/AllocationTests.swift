import ExampleNetworks
import Foundation
import Testing

/// Counts the allocations of the report's networks in steady state, in a program with an
/// instrumented `malloc`.
@Suite(.timeLimit(.minutes(10))) struct AllocationTests {
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "allocation-probe")

  @Test func trainingStepsAllocateNothing() throws {
    let process = Process()
    process.executableURL = Self.program
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
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
}
