internal import PinionTensor

extension Graph {
  /// The table of layers, shapes and parameters, as Keras 3 prints it.
  ///
  /// A chain has the columns layer, output shape and parameters; any other graph says besides what each layer is connected to. Sizes
  /// count four bytes a parameter; control characters in names are escaped.
  public func summary() -> String {
    let names = values.map { PrintableText.escaped($0.name) }
    let isChain = nodes.allSatisfy { $0.inputs == [ValueID($0.output.index - 1)] }
    var header = ["Layer (type)", "Output Shape", "Param #"]
    var rows = nodes.map { node in
      [
        "\(names[node.output]) (\(PrintableText.escaped(layer(of: node).typeName)))",
        Self.batched(node.outputShape), NumberText.grouped(layer(of: node).parameterCount),
      ]
    }
    var widths = [33, 24, 15]
    if !isChain {
      header.append("Connected to")
      rows = zip(nodes, rows).map { node, row in
        row + [node.inputs.map { names[$0] }.joined(separator: ", ")]
      }
      rows =
        inputs.map { ["\(names[$0]) (InputLayer)", Self.batched(self[$0].shape), "0", "-"] }
        + rows
      widths = [33, 24, 15, 24]
    }
    for (column, title) in header.enumerated() {
      let longest = ([title] + rows.map { $0[column] }).map(\.count).max() ?? 0
      widths[column] = max(widths[column], longest + 2)
    }
    return "Model: \"\(PrintableText.escaped(name))\"\n" + Self.table(header, rows, widths)
      + totals()
  }

  private func totals() -> String {
    let counts = parameterCounts
    func line(_ title: String, _ count: Int) -> String {
      " \(title): \(NumberText.grouped(count)) (\(Self.size(4 * count)))\n"
    }
    return line("Total params", counts.total) + line("Trainable params", counts.trainable)
      + line("Non-trainable params", counts.nonTrainable)
  }

  private static func table(_ header: [String], _ rows: [[String]], _ widths: [Int]) -> String {
    func rule(_ left: String, _ fill: String, _ cross: String, _ right: String) -> String {
      left + widths.map { String(repeating: fill, count: $0) }.joined(separator: cross) + right
        + "\n"
    }
    func line(_ cells: [String], _ bar: String) -> String {
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - 2 - cell.count)
        return " " + (column == 2 ? space + cell : cell + space) + " "
      }
      return bar + padded.joined(separator: bar) + bar + "\n"
    }
    let between = rule("├", "─", "┼", "┤")
    return rule("┏", "━", "┳", "┓") + line(header, "┃") + rule("┡", "━", "╇", "┩")
      + rows.map { line($0, "│") }.joined(separator: between) + rule("└", "─", "┴", "┘")
  }

  private static func batched(_ shape: Shape) -> String {
    "(" + (["None"] + shape.map(String.init)).joined(separator: ", ") + ")"
  }

  /// In units of 1024, with two decimals: `480.41 KB`.
  static func size(_ bytes: Int) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"]
    var unit = 0
    var divisor = 1
    while unit + 1 < units.count, bytes >= divisor * 1_024 {
      unit += 1
      divisor *= 1_024
    }
    // A tie goes to the even digit, as Python rounds.
    let (floor, rest) = (bytes * 100).quotientAndRemainder(dividingBy: divisor)
    let hundredths = 2 * rest + floor % 2 > divisor ? floor + 1 : floor
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(units[unit])"
  }
}
