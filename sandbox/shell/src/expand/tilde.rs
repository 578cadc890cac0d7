//! Home directories.

use crate::shell::Shell;

impl Shell {
    /// The home of a user, or of this one for no name.
    pub(super) fn home_of(&self, name: &[u8]) -> Option<Vec<u8>> {
        match name {
            b"" => match self.vars.get(b"HOME") {
                Some(home) => Some(home.to_vec()),
                None if self.bash => self.user_home(None),
                None => None,
            },
            b"+" if self.bash => Some(self.cwd.clone()),
            b"-" if self.bash => self.vars.get(b"OLDPWD").map(<[u8]>::to_vec),
            name => self.user_home(Some(name)),
        }
    }

    fn user_home(&self, name: Option<&[u8]>) -> Option<Vec<u8>> {
        let passwd = self.open_reading(b"/etc/passwd").ok()?;
        let text = self.read_all(&*passwd);
        let uid = self.world.identity().uid.to_string();
        text.split(|byte| *byte == b'\n').find_map(|line| {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
            let found = match name {
                Some(name) => *fields.first()? == name,
                None => *fields.get(2)? == uid.as_bytes(),
            };
            if found { fields.get(5).map(|home| home.to_vec()) } else { None }
        })
    }
}
