import Foundation
import Pinion
import Testing

/// The code in Documentation/Reports.md.
@Suite struct ReportGuideTests {
  @Test func writesAPage() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.file("page")
    let test = try ImageDataset(
      pixels: (0..<20 * 36).map { UInt8($0 * 7 % 256) }, imageShape: [6, 6, 1],
      labels: (0..<20).map { $0 % 2 }, classNames: ["even", "odd"])
    let model = try Model(
      Sequential(input: [6, 6, 1]) {
        Flatten()
        Dense(2, activation: .softmax)
      })
    let history = try model.fit(test, validation: test, epochs: 2, verbose: false)
    var report = ExperimentReport(
      title: "A CNN on Fashion-MNIST", dataset: "fashion-mnist", network: "cnn",
      graph: model.graph, history: history)
    report.evaluation = try model.evaluate(test)
    try report.add(test: test, outputs: model.predict(test))
    try report.write(to: folder)
    let page = try String(contentsOf: folder.appending(path: "index.html"), encoding: .utf8)
    #expect(page.contains("A CNN on Fashion-MNIST"))
  }
}
