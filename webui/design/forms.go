package design

import "github.com/a-h/templ"

// Field is what every control of a form has in common. Controls embed it.
type Field struct {
	Name     string // sent with the form
	ID       string // "" means Name
	Label    string
	Hint     string // under the label's control, before anything is wrong
	Error    string // what is wrong and how to mend it; "" when nothing is
	Required bool
	Optional bool // says "optional" beside the label
	Disabled bool
}

func (f Field) id() string {
	if f.ID == "" {
		return f.Name
	}
	return f.ID
}

// describedBy names the hint and error for assistive technology.
func (f Field) describedBy() string {
	switch {
	case f.Hint != "" && f.Error != "":
		return f.id() + "-hint " + f.id() + "-error"
	case f.Error != "":
		return f.id() + "-error"
	case f.Hint != "":
		return f.id() + "-hint"
	}
	return ""
}

// attrs are the attributes that tie a control to its label, hint and error.
func (f Field) attrs() templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name, "required": f.Required, "disabled": f.Disabled}
	if by := f.describedBy(); by != "" {
		a["aria-describedby"] = by
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	return a
}

// InputProps describe a line of text.
type InputProps struct {
	Field
	Type         string // "" means text
	Value        string
	Placeholder  string
	Autocomplete string
	InputMode    string
	MinLength    int
	MaxLength    int
	Mono         bool
	After        templ.Component // beside the control, as a button is
	Attrs        templ.Attributes
}

func (p InputProps) kind() string {
	if p.Type == "" {
		return "text"
	}
	return p.Type
}

// TextareaProps describe lines of text.
type TextareaProps struct {
	Field
	Value       string
	Placeholder string
	Rows        int // 0 means 4
	MaxLength   int
	Mono        bool
	Attrs       templ.Attributes
}

func (p TextareaProps) rows() int {
	if p.Rows == 0 {
		return 4
	}
	return p.Rows
}

// SelectProps describe a choice from a list.
type SelectProps struct {
	Field
	Options []Option
	Attrs   templ.Attributes
}

// Option is one choice of a Select, RadioCards or Checkboxes.
type Option struct {
	Value, Label string
	Text         string // a line of help under the label; not in a Select
	Icon         string
	Badge        string
	Selected     bool
	Disabled     bool
	Reason       string // why it is disabled
}

// ChoiceProps describe a group of radio cards or of checkboxes; Field.Label is its legend.
type ChoiceProps struct {
	Field
	Options []Option
}

// CheckProps describe one checkbox or switch; Field.Label stands beside it.
type CheckProps struct {
	Field
	Value   string // "" means "on"
	Checked bool
	Attrs   templ.Attributes
}

func (p CheckProps) value() string {
	if p.Value == "" {
		return "on"
	}
	return p.Value
}

// TagProps describe a list of words, sent as one value with commas between them.
type TagProps struct {
	Field
	Values      []string
	Suggestions []string
	Placeholder string
}

// FieldError is a line of an error summary: which field, and what is wrong with it.
type FieldError struct {
	ID      string // of the control; "" for what belongs to no field
	Message string
}
