//! The directories that are told, and when.

use backends_core::BoundFiles;

use super::*;

fn directories() -> Directories {
    Directories {
        layers: vec!["/l/top".into(), "/l/base".into()],
        upper: "/rw/upper".into(),
        work: "/rw/work".into(),
        bound: BoundFiles::default(),
    }
}

fn shown(data: &BTreeMap<String, String>) -> String {
    data.iter().map(|(name, value)| format!("{name}={value} ")).collect()
}

#[test]
fn a_container_has_directories_of_its_own_once_it_has_run() {
    assert_eq!(shown(&container_data(directories(), false)), "LowerDir=/l/top:/l/base ");
    assert_eq!(
        shown(&container_data(directories(), true)),
        "LowerDir=/l/top:/l/base UpperDir=/rw/upper WorkDir=/rw/work "
    );
}

#[test]
fn an_image_is_its_topmost_layer_over_the_others() {
    assert_eq!(shown(&image_data(&directories())), "LowerDir=/l/base UpperDir=/l/top ");
    let single = Directories { layers: vec!["/l/base".into()], ..Directories::default() };
    assert_eq!(shown(&image_data(&single)), "UpperDir=/l/base ");
    assert_eq!(shown(&image_data(&Directories::default())), "");
}
