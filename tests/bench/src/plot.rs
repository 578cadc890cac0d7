//! Figures as pictures: one SVG a scenario, with a bar for each subject, and a page that shows them all.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::figure::Figure;
use crate::machine::Machine;
use crate::subject::Kind;
use crate::table::grouped;

const WIDTH: f64 = 720.0;
const BAR_HEIGHT: f64 = 20.0;
const BAR_STEP: f64 = 26.0;
const HEAD_HEIGHT: f64 = 30.0;

/// Where bars begin: right of the longest name of a subject.
const BAR_LEFT: f64 = 110.0;

/// The longest bar: right of it is the figure.
const BAR_LONGEST: f64 = 440.0;

/// Writes the picture and the figures of a scenario, and the page anew.
pub(crate) fn write(
    folder: &Path,
    name: &str,
    figures: &[Figure],
    machine: &Machine,
) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(format!("{name}.svg")), svg(figures))?;
    let all: Vec<_> = figures.iter().map(Figure::to_json).collect();
    let text =
        serde_json::to_string_pretty(&json!({"machine": machine.to_json(), "figures": all}))?;
    std::fs::write(folder.join(format!("{name}.json")), text + "\n")?;
    page(folder)
}

/// The page: every picture that the folder has.
fn page(folder: &Path) -> Result<()> {
    let mut names: Vec<String> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".svg").map(str::to_owned))
        .collect();
    names.sort();
    let mut text = "# Figures\n\nMade by `make bench`, every subject on the same machine in the same run; the figures \
                    and the machine are in the JSON file beside each picture.\n"
        .to_owned();
    for name in names {
        write!(text, "\n## {name}\n\n![{name}]({name}.svg) ([figures]({name}.json))\n")?;
    }
    Ok(std::fs::write(folder.join("README.md"), text)?)
}

/// The picture: for each thing measured a group of bars, each group with a scale of its own.
pub(crate) fn svg(figures: &[Figure]) -> String {
    let mut body = String::new();
    let mut top = 0.0;
    let mut whats: Vec<&str> = Vec::new();
    for figure in figures.iter().filter(|figure| figure.subject.is_some()) {
        if !whats.contains(&figure.what) {
            whats.push(figure.what);
        }
    }
    for what in whats {
        let group: Vec<&Figure> = figures.iter().filter(|figure| figure.what == what).collect();
        top += HEAD_HEIGHT;
        body += &label(0.0, top - 9.0, "bold", what);
        let largest = group.iter().filter_map(|figure| figure.value).fold(0.0, f64::max);
        for figure in group {
            body += &bar(figure, top, largest);
            top += BAR_STEP;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"-10 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect x=\"-10\" width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n{body}</svg>\n",
        height = top + 10.0,
    )
}

fn bar(figure: &Figure, top: f64, largest: f64) -> String {
    let baseline = top + BAR_HEIGHT - 6.0;
    let name = figure.subject.map_or("machine", Kind::name);
    let mut text = label(0.0, baseline, "normal", name);
    let Some(value) = figure.value else {
        return text + &label(BAR_LEFT, baseline, "normal", "unsupported");
    };
    let width = if largest > 0.0 { value / largest * BAR_LONGEST } else { 0.0 };
    let colour = match figure.subject {
        Some(Kind::Sockerless) => "#d97706",
        Some(Kind::Dockerd) => "#2563eb",
        Some(Kind::Constant) | None => "#9ca3af",
    };
    text += &format!(
        "<rect x=\"{BAR_LEFT}\" y=\"{top}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" fill=\"{colour}\"/>\n"
    );
    let shown = format!("{} {}", grouped(value), figure.unit.name());
    text + &label(BAR_LEFT + width + 6.0, baseline, "normal", &shown)
}

fn label(x: f64, y: f64, weight: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-weight=\"{weight}\">{text}</text>\n")
}

#[cfg(test)]
mod tests;
