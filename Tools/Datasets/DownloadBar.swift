internal import Foundation
internal import Pinion
internal import PinionDownload
internal import PinionTensor
internal import PinionTraining
internal import Synchronization

/// Displays the progress of a download: a progress bar on terminals, otherwise one line per file.
final class DownloadBar: Sendable {
  private struct State {
    var file: String?
    /// The start of the transfer, and the number of bytes present at that time.
    var start = (time: 0.0, bytes: 0)
    var lastDrawn = -Double.infinity
    var isLineOpen = false
  }

  private static let interval = 0.1

  private let console = StandardOutput()
  private let state = Mutex(State())
  private let origin = ContinuousClock.now

  private var now: Double { origin.duration(to: .now) / .seconds(1) }

  func show(_ progress: DownloadProgress) {
    state.withLock { state in
      if state.file != progress.file.name {
        state.file = progress.file.name
        state.start = (now, progress.completed)
        state.lastDrawn = -.infinity
      }
      switch progress.phase {
      case .receiving, .verifying, .unpacking: draw(progress, &state)
      case .waiting(let seconds, let error):
        endLine(&state)
        console.write(
          PrintableText.escaped("\(error)")
            + "; next attempt in \(NumberText.fixed(seconds, decimals: 0)) s\n"
        )
      case .finished:
        endLine(&state)
        let seconds = max(now - state.start.time, 0.001)
        console.write(
          "\(progress.file.name): \(ByteText.size(progress.total)) in "
            + "\(NumberText.fixed(seconds, decimals: 0)) s\n")
      }
    }
  }

  /// Clears the progress bar.
  func endLine() { state.withLock { endLine(&$0) } }

  private func endLine(_ state: inout State) {
    if state.isLineOpen { console.write("\r\u{1b}[K") }
    state.isLineOpen = false
  }

  private func draw(_ progress: DownloadProgress, _ state: inout State) {
    guard let columns = console.columns, now - state.lastDrawn >= Self.interval else { return }
    state.lastDrawn = now
    let seconds = max(now - state.start.time, 0.001)
    let rate = Double(progress.completed - state.start.bytes) / seconds
    let left = Double(progress.total - progress.completed)
    let (time, step): (String, String) =
      switch progress.phase {
      case .verifying: ("", "verifying")
      case .unpacking: ("", "unpacking")
      default:
        (
          rate > 0 ? DurationText.remaining(left / rate) : "",
          "\(ByteText.megabytes(rate)) MB/s"
        )
      }
    let line = ProgressLine(
      counter: "\(progress.file.name) \(ByteText.megabytes(Double(progress.completed)))/"
        + ByteText.size(progress.total),
      fraction: Double(progress.completed) / Double(max(1, progress.total)), time: time,
      step: step)
    console.write("\r\(line.text(columns: columns))\u{1b}[K")
    state.isLineOpen = true
  }
}

/// Sizes in megabytes (10⁶ bytes), such as `26.4 MB`.
enum ByteText {
  static func megabytes(_ bytes: Double) -> String {
    NumberText.fixed(bytes / 1e6, decimals: 1)
  }

  static func size(_ bytes: Int) -> String { megabytes(Double(bytes)) + " MB" }
}
