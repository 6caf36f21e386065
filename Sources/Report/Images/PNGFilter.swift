/// What PNG does to each row before it is compressed: the byte that was predicted is taken from each byte.
enum PNGFilter: UInt8, CaseIterable {
  case none, sub, up, average, paeth

  /// All rows, each behind the number of its filter: of the five the one whose differences sum to the least magnitude.
  static func filtered(_ image: PixelImage) -> [UInt8] {
    let size = image.width * image.channels
    var output: [UInt8] = []
    output.reserveCapacity((size + 1) * image.height)
    var above = [UInt8](repeating: 0, count: size)
    for y in 0..<image.height {
      let row = Array(image.bytes[y * size..<(y + 1) * size])
      let candidates = allCases.map { ($0, $0.apply(row, above, image.channels)) }
      var best = candidates[0]
      for candidate in candidates.dropFirst()
      where magnitude(candidate.1) < magnitude(best.1) {
        best = candidate
      }
      output.append(best.0.rawValue)
      output += best.1
      above = row
    }
    return output
  }

  private static func magnitude(_ row: [UInt8]) -> Int {
    row.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) }
  }

  private func apply(_ row: [UInt8], _ above: [UInt8], _ channels: Int) -> [UInt8] {
    row.indices.map { index in
      let left = index >= channels ? row[index - channels] : 0
      let corner = index >= channels ? above[index - channels] : 0
      return row[index] &- prediction(left: left, above: above[index], corner: corner)
    }
  }

  private func prediction(left: UInt8, above: UInt8, corner: UInt8) -> UInt8 {
    switch self {
    case .none: return 0
    case .sub: return left
    case .up: return above
    case .average: return UInt8((Int(left) + Int(above)) / 2)
    case .paeth:
      let estimate = Int(left) + Int(above) - Int(corner)
      let (a, b) = (abs(estimate - Int(left)), abs(estimate - Int(above)))
      let c = abs(estimate - Int(corner))
      if a <= b, a <= c { return left }
      return b <= c ? above : corner
    }
  }
}
