internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import Pinion
internal import PinionDownload

/// Lists the data sets.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the data sets: name, size of the download, where they are."
  )

  @OptionGroup var data: DataOption

  func run() throws {
    let rows = DatasetSource.all.map { source in
      [
        source.name, source.title, ByteText.size(source.size),
        PrintableText.escaped(place(of: source)),
      ]
    }
    let widths = rows[0].indices.dropLast().map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    for row in rows {
      let cells = zip(row, widths).enumerated().map { column, cell in
        let spaces = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 2 ? spaces + cell.0 : cell.0 + spaces
      }
      print((cells + [row[row.count - 1]]).joined(separator: "  "))
    }
  }

  private func place(of source: DatasetSource) -> String {
    do {
      return try source.locate(in: data.folder).test[0].deletingLastPathComponent().path
    } catch is DatasetNotFound {
      return "not here"
    } catch {
      return "incomplete: \(error)"
    }
  }
}
