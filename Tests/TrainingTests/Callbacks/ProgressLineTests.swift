import Testing

@testable import PinionTraining

@Suite struct ProgressLineTests {
  private let line = ProgressLine(
    counter: "6/12", fraction: 0.5, time: "41s", step: "76ms/step", rate: "1310 samples/s",
    metrics: ["accuracy: 0.8712", "loss: 0.3512", "val_loss: 0.4000"])

  /// The characters that a terminal shows.
  private func visible(_ text: String) -> String {
    var shown = ""
    var isCode = false
    for character in text {
      if character == "\u{1b}" { isCode = true }
      if !isCode { shown.append(character) }
      if character == "m" { isCode = false }
    }
    return shown
  }

  private func shown(_ columns: Int?) -> String {
    visible(line.text(columns: columns))
  }

  @Test func fitsAnyTerminal() {
    for columns in 1...140 { #expect(shown(columns).count < columns, "\(columns) columns") }
  }

  @Test func usesTheRoomThereIs() {
    let all =
      "6/12 \(String(repeating: "━", count: 20)) 41s 76ms/step - 1310 samples/s"
      + " - accuracy: 0.8712 - loss: 0.3512 - val_loss: 0.4000"
    #expect(shown(nil) == all)
    #expect(shown(all.count + 1) == all)
    #expect(shown(200) == all)
  }

  @Test func theBarShrinksThenTheRateGoesThenTheBarThenTheMetrics() {
    let full = shown(nil).count
    #expect(shown(full - 14).count { $0 == "━" } == 5)
    #expect(shown(full - 14).contains("samples/s"))
    #expect(!shown(full - 15).contains("samples/s"))
    #expect(shown(full - 15).count { $0 == "━" } == 20)
    #expect(shown(60) == "6/12 41s 76ms/step - accuracy: 0.8712 - loss: 0.3512")
    #expect(shown(40) == "6/12 41s 76ms/step - accuracy: 0.8712")
    #expect(shown(20) == "6/12 41s 76ms/step")
    #expect(shown(10) == "6/12 41s ")
  }

  @Test func halfTheBarIsDone() {
    let ten = String(repeating: "━", count: 10)
    #expect(line.text(columns: nil).contains("\u{1b}[32m\(ten)\u{1b}[0m\u{1b}[37m\(ten)\u{1b}[0m"))
  }
}
