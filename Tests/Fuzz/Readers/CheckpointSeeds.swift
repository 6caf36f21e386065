import Foundation

/// Checkpoints with a change within them, and the checksum that belongs to it.
enum CheckpointSeeds {
  /// - Parameter checkpoint: A valid one, of a run with callbacks and a metric.
  static func refusals(of checkpoint: [UInt8]) -> [[UInt8]] {
    let split = Structure.safetensors.split(checkpoint)!
    let (header, elements) = (split.parts[0].bytes, split.parts[1].bytes)
    func changed(_ change: (String) -> String) -> [UInt8] {
      split.join([Array(change(String(decoding: header, as: UTF8.self)).utf8), elements])
    }
    func changed(_ old: String, _ new: String) -> [UInt8] {
      changed { $0.replacingOccurrences(of: old, with: new) }
    }
    var (nan, damaged) = (elements, checkpoint)
    nan.replaceSubrange(0..<nan.count, with: [UInt8](repeating: 0xFF, count: nan.count))
    damaged[checkpoint.count - 1] ^= 1
    return [
      changed(#""pinion.checkpoint":"3""#, #""pinion.checkpoint":"1""#),
      changed("pinion.checkpoint", "another"), changed("pinion.state", "another"),
      changed(#"pinion.crc32":"#, #"pinion.crc33":"#), changed(#"\"epoch\":1"#, #"\"epoch\":7"#),
      changed(#"\"epoch\":1"#, #"\"epoch\":\"1\""#), changed("model/dense", "model/other"),
      split.join([header, nan]), damaged, changed(#"\"step\":2"#, #"\"step\":-2"#),
      changed { states(in: $0, #""values\":\""#) { _ in "{}" } },
      changed { states(in: $0, #""values\":\""#) { _ in "[" } },
      changed { states(in: $0, #""metrics\":[\""#) { _ in "{}" } },
      // The counts of callbacks below 0.
      changed { text in
        states(in: text, #""values\":\""#) { $0.replacing(/"wait":\d+/, with: #""wait":-5"#) }
      },
    ]
  }

  /// Changes the JSON, in base 64, after each occurrence of a text.
  private static func states(
    in text: String, _ start: String, _ change: (String) -> String
  ) -> String {
    var pieces = text.components(separatedBy: start)
    for index in pieces.indices.dropFirst() {
      let code = pieces[index].prefix { $0 != "\\" }
      guard let data = Data(base64Encoded: String(code.replacing("\\/", with: "/"))) else {
        continue
      }
      let changed = Data(change(String(decoding: data, as: UTF8.self)).utf8)
      pieces[index] = changed.base64EncodedString() + pieces[index].dropFirst(code.count)
    }
    return pieces.joined(separator: start)
  }
}
